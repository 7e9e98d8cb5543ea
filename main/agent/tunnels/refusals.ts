import type { ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import type { Logger } from '../parts.ts';
import type { Refusal, RefusalReason } from './gateway.ts';
import type { RunningProcess } from './peers/peer-table.ts';

/** A rejected client, as it is reported. */
export interface ReportedRefusal {
  readonly cluster: ClusterId;
  readonly port: number;
  readonly reason: RefusalReason;
  /** The program, if it belongs to this account and was still running. */
  readonly process?: RunningProcess | undefined;
  /** The client's account, if it is another one. */
  readonly account?: string | undefined;
}

/** Counts rejected clients, and reports each class once until the agent restarts. */
export interface Refusals {
  /** Resolves at once, or for the first client of a class when it has been reported. Never rejects. */
  count(at: { readonly cluster: ClusterId; readonly port: number }, refusal: Refusal): Promise<void>;
}

/** Limits how long the lookup of the program may delay the client's answer. */
const lookupLimitMs = 1_000;

export function createRefusals(options: {
  readonly logger: Logger;
  /** Called for each rejected client. */
  readonly onRefused?: ((reason: RefusalReason) => void) | undefined;
  readonly onFirst: (refusal: ReportedRefusal) => void;
}): Refusals {
  const { logger, onRefused = () => {}, onFirst } = options;
  const counts = new Map<string, number>();

  return {
    async count({ cluster, port }, { reason, peer }) {
      onRefused(reason);
      // A program of another account may try every port: report it once.
      const key = peer?.kind === 'other' ? `${reason} ${peer.id}` : `${reason} ${cluster}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      // Log one line for each power of ten, so that a flood of connections does not flood the log.
      if (/^10*$/.test(String(count))) logger.warn('Connection refused', { cluster, port, reason, count });
      if (count > 1) return;
      try {
        const known =
          peer === undefined
            ? {}
            : peer.kind === 'own'
              ? { process: await withinLimit(peer.process()) }
              : { account: await peer.account() };
        onFirst({ cluster, port, reason, ...known });
      } catch (error) {
        logger.error('A refused connection is not reported', { error: String(error) });
      }
    },
  };
}

function withinLimit<T>(work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(resolve, lookupLimitMs, undefined);
    limit.unref();
    work.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}

/** Returns the notice about a rejected client. */
export function refusalNotice(title: string, { port, reason, process, account }: ReportedRefusal): string {
  const program = process === undefined ? 'A program' : `${process.name} (process ${process.pid})`;
  switch (reason) {
    case 'account':
      return `A program of the account ${account ?? 'unknown'} connected to port ${port} of ${title} and was refused. Only your own programs may use it; if that was you, run kubectl without sudo.`;
    case 'password':
      return `${program} sent a wrong password to port ${port} of ${title} and was refused. If it is yours, it uses an old copy of the kubeconfig: restart it, or give it the current one.`;
    case 'tls':
      return `${program} opened TLS on port ${port} of ${title}, which is a proxy, and was refused. kubectl before 1.24 does this for exec, cp and port-forward: update it, or run ${command`k8s-tunnels settings entryForm connect`}.`;
    case 'form':
      return `${program} cannot use the kubeconfig entry of ${title}: it ignores the proxy, or sends no password to it. Write it a file of its own: ${command`k8s-tunnels kubeconfig ${title} --for FILE`}, or give all contexts a form that every client supports: ${command`k8s-tunnels settings entryForm tls`}.`;
  }
}
