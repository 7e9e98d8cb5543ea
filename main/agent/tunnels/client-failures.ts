import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Failure } from '../../model/tunnel-state.ts';
import type { Clock, Logger } from '../parts.ts';
import { failureFrom } from './failure.ts';
import type { Peer, RunningProcess } from './peers/peer-table.ts';

/**
 * A client whose connection could not be opened, or was cut by the far end. The client's own protocol cannot say why.
 */
export interface FailedClient {
  readonly error: unknown;
  readonly peer: Peer | undefined;
  /** True if the connection was open before it failed. */
  readonly isCut: boolean;
}

/** The last failure of a program's connections to a cluster. */
export interface ClientFailure {
  readonly cluster: ClusterId;
  /** The time of the last failure, ms since the epoch. */
  readonly at: number;
  /** The program, if it belongs to this account and was still running. */
  readonly process: RunningProcess | undefined;
  readonly isCut: boolean;
  readonly failure: Failure;
  /** How many connections have failed with the same error since it was reported. */
  readonly count: number;
}

export interface ClientFailures {
  /**
   * Looks up the program, which may end as soon as it gets its answer: wait for this before the client is answered.
   * Never rejects.
   */
  note(cluster: ClusterId, client: FailedClient): Promise<void>;
  /** Returns the last failure of each cluster. */
  list(): readonly ClientFailure[];
}

/** Limits how long the lookup of the program may delay the client's answer. */
const lookupLimitMs = 1_000;
/** Each lookup walks the running processes. When many clients fail at once, only the first ones get a name. */
const lookupsAtOnce = 2;
/** Do not report the same failure again within this time: clients retry forever. */
const sameAgainMs = 60_000;

export function createClientFailures(options: {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** Called for the first failure of its kind within a while. */
  readonly onFailed: (failure: ClientFailure) => void;
  readonly logger: Pick<Logger, 'error'>;
}): ClientFailures {
  const { clock, logger, onFailed } = options;
  const last = new Map<ClusterId, ClientFailure>();
  /** When each failure was last reported, by cluster, program and error. */
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
