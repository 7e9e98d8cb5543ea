import { AppError, fromPlainError, toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import type { Activity } from '../activity/activity.ts';
import type { Confirmations } from '../confirmations/confirmations.ts';
import type { Connections } from '../connections/connections.ts';
import { withAccessRequest } from '../organisation/access-request.ts';
import type { Clusters } from './clusters.ts';

/** The operations of an AI client's server, and of the user who answers its questions. */
export interface McpOperations {
  /**
   * Opens a cluster for an AI client, with a kubeconfig that can only read. Resolves with `waiting` while the user has not
   * answered the question about a production cluster. Rejects with `production-unconfirmed` after a no.
   */
  openForMcp(options: {
    readonly cluster: string;
    readonly client: string;
    readonly pid: number;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<
    { cluster: ClusterId; title: string; production?: true } & (
      | { status: 'open'; terminal: string; file: string }
      | { status: 'waiting' }
    )
  >;
  /** Resolves when what was open before the start is open again, with whether this terminal is among it. */
  isOpenForMcp(terminal: string): Promise<boolean>;
  /** Ends what an AI client's process has open, and its questions. Resolves with how many kubeconfigs there were. */
  endMcp(pid: number): Promise<number>;
  /** Answers an AI client's question for the user. Throws `not-found` if it does not wait any more. */
  answerConfirmation(id: string, isAllowed: boolean): void;
}

/**
 * The operations of an AI client's server: it gets read-only kubeconfigs alone, and one of a production cluster only after
 * the user has said yes in the window or the tray.
 */
export function mcpOperations(options: {
  readonly clusters: Pick<Clusters, 'find'>;
  readonly connections: Pick<Connections, 'isolate' | 'terminals' | 'endTerminals'>;
  readonly confirmations: Confirmations;
  readonly restored: Promise<void>;
  readonly activity: Pick<Activity, 'during'>;
  readonly accessRequest: () => string | undefined;
}): McpOperations {
  const { clusters, connections, confirmations, restored, activity, accessRequest } = options;
  const terminals = () => connections.terminals().filter(({ kind }) => kind === 'mcp');
  return {
    async openForMcp({ cluster: word, client, pid, waitMs, signal }) {
      await restored;
      const [found] = await clusters.find([word]);
      if (found === undefined) throw new AppError('not-found', `There is no cluster ${word}.`);
      const { id, title } = found;
      const production = isProduction(found) ? ({ production: true } as const) : {};
      const about = { cluster: id, title, ...production };
      const question = { cluster: id, client, pid };
      if (isProduction(found)) {
        const answer = await confirmations.ask(question, { waitMs, signal });
        if (answer === 'waiting') return { status: 'waiting', ...about };
        if (answer === 'declined')
          throw new AppError('production-unconfirmed', `The user did not allow access to ${title}.`, {
            hint: 'Go on without it. The question can be asked again in ten minutes.',
          });
      }
      // Its secret has ended, or the client does not know of it.
      const before = terminals().filter((one) => one.pid === pid && one.cluster === id);
      const { outcomes, terminals: opened } = await activity.during([id], () =>
        connections.isolate({
          clusters: [found],
          kind: 'mcp',
          pid,
          // Nothing else may ever be asked for here: no Secrets, and no dry runs.
          readOnly: {},
          production: true,
          signal,
        }),
      );
      const [outcome] = outcomes;
      if (outcome?.status === 'failed')
        throw fromPlainError(withAccessRequest(toPlainError(outcome.error), accessRequest()));
      const [terminal] = opened;
      if (terminal === undefined) throw new AppError('internal', 'The agent opened nothing.');
      confirmations.used(question);
      await connections.endTerminals(before.map((one) => one.id));
      return { status: 'open', ...about, terminal: terminal.id, file: terminal.file };
    },
    async isOpenForMcp(terminal) {
      await restored;
      return terminals().some(({ id }) => id === terminal);
    },
    async endMcp(pid) {
      confirmations.withdraw(pid);
      const ids = terminals().filter((one) => one.pid === pid);
      return connections.endTerminals(ids.map(({ id }) => id));
    },
    answerConfirmation: confirmations.answer,
  };
}
