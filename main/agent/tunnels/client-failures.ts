import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Failure } from '../../model/tunnel-state.ts';
import type { Clock, Logger } from '../parts.ts';
import { failureFrom } from './failure.ts';
import type { Peer, RunningProcess } from './peers/peer-table.ts';

/** A client whose connection could not be opened, or was cut by the far end: its own protocol cannot say why. */
export interface FailedClient {
  readonly error: unknown;
  readonly peer: Peer | undefined;
  /** It stood before. */
  readonly isCut: boolean;
}

/** What became of a program's connections to a cluster. */
export interface ClientFailure {
  readonly cluster: ClusterId;
  /** The last time, ms since the epoch. */
  readonly at: number;
  /** The program, where it is one of this account's and still ran. */
  readonly process: RunningProcess | undefined;
  readonly isCut: boolean;
  readonly failure: Failure;
  /** How many connections have failed alike since it was reported. */
  readonly count: number;
}

export interface ClientFailures {
  /** Resolves when the program has been looked for, which is to be before it is answered: it may end then. Never rejects. */
  note(cluster: ClusterId, client: FailedClient): Promise<void>;
  /** The last one of each cluster. */
  list(): readonly ClientFailure[];
}

/** To look for the program holds up the client's answer no longer than this. */
const lookupLimitMs = 1_000;
/** Each look goes through the running processes: when many fail at once, those of the first are named. */
const lookupsAtOnce = 2;
/** What fails alike again within that time is no news: clients try for ever. */
const sameAgainMs = 60_000;

export function createClientFailures(options: {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** The first of its kind for a while. */
  readonly onFailed: (failure: ClientFailure) => void;
  readonly logger: Pick<Logger, 'error'>;
}): ClientFailures {
  const { clock, logger, onFailed } = options;
  const last = new Map<ClusterId, ClientFailure>();
  /** When what was reported last, by cluster, program and error. */
  const reported = new Map<string, number>();
  let lookups = 0;

  const programOf = async (peer: Peer | undefined): Promise<RunningProcess | undefined> => {
    if (peer?.kind !== 'own' || lookups >= lookupsAtOnce) return undefined;
    lookups += 1;
    const found = peer.process().catch(() => undefined);
    void found.finally(() => {
      lookups -= 1;
    });
    return new Promise((resolve) => {
      const cancel = clock.timer(lookupLimitMs, () => resolve(undefined));
      void found.then(resolve).finally(cancel);
    });
  };

  return {
    async note(cluster, { error, peer, isCut }) {
      if (error instanceof AppError && error.code === 'cancelled') return;
      const at = clock.now();
      const process = await programOf(peer);
      const failure = failureFrom(error, 'edge');
      const before = last.get(cluster);
      const isSame =
        before?.failure.error.code === failure.error.code &&
        before.isCut === isCut &&
        (process === undefined || process.name === before.process?.name);
      const known = isSame ? before : undefined;
      const entry: ClientFailure = {
        cluster,
        at,
        process: process ?? known?.process,
        isCut,
        failure,
        count: (known?.count ?? 0) + 1,
      };
      last.set(cluster, entry);
      const key = [cluster, entry.process?.name ?? '', failure.error.code, isCut].join(' ');
      if (Math.abs(at - (reported.get(key) ?? Number.NEGATIVE_INFINITY)) < sameAgainMs) return;
      reported.set(key, at);
      const isFirst = { ...entry, count: 1 };
      last.set(cluster, isFirst);
      try {
        onFailed(isFirst);
      } catch (thrown) {
        logger.error('A failed client is not reported', { error: String(thrown) });
      }
    },
    list: () => [...last.values()],
  };
}
