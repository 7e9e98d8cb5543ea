import type { Cluster } from '../../model/cluster.ts';
import { abortable } from '../async/abortable.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { createCloseUnused } from './close-unused.ts';
import { openOne, type Try } from './open-one.ts';
import { checkTerminals } from './production-guard.ts';

/** Opens tunnels for the agent's own work. */
export interface Borrow {
  /**
   * Opens the tunnels in parallel, and calls `use` with each one, or with the failure of its opening. A tunnel that nothing
   * else uses is closed when `use` is done with it. Touches no file of the user. Rejects with `production-unconfirmed` if
   * the organisation wants a confirmation, and as `use` does.
   */
  borrow<T>(
    request: {
      readonly clusters: readonly Cluster[];
      /** The user's answer to the question about production clusters. */
      readonly production?: boolean | undefined;
      readonly signal: AbortSignal;
    },
    use: (opened: Try) => Promise<T>,
  ): Promise<T[]>;
}

export function createBorrow(
  options: Omit<Parameters<typeof createCloseUnused>[0], 'terminals'> & {
    readonly tunnels: Tunnels;
    readonly terminals: Pick<Terminals, 'uses' | 'hold'>;
    readonly settled: (ids: readonly Cluster['id'][]) => Promise<void>;
    readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
    /** Returns true if the organisation wants a confirmation before a production cluster opens outside the kubeconfig. */
    readonly asksInTerminals: () => boolean;
  },
): Borrow['borrow'] {
  const { tunnels, terminals, settled, complete } = options;
  const closeUnused = createCloseUnused(options);

  const isUp = ({ id }: Cluster) => {
    const status = tunnels.find(id)?.state().status ?? 'idle';
    return status !== 'idle' && status !== 'failed';
  };
  /** The end of the signal closes what was opened here, and never what somebody else has open. */
  const open = (cluster: Cluster, signal: AbortSignal) => {
    const how = { tunnels, complete, cluster, interactive: true, listening: true };
    return isUp(cluster)
      ? abortable(openOne({ ...how, signal: new AbortController().signal }), signal)
      : openOne({ ...how, signal });
  };

  return async ({ clusters, production, signal }, use) => {
    checkTerminals(clusters, {
      asks: options.asksInTerminals(),
      confirmed: production === true,
      question: 'your organisation asks before it is opened.',
    });
    await settled(clusters.map(({ id }) => id));
    return Promise.all(
      clusters.map(async (cluster) => {
        // The end of a terminal must not close what is being used here.
        const release = terminals.hold([cluster.id]);
        try {
          return await use(await open(cluster, signal));
        } finally {
          release();
          await closeUnused([cluster.id]);
        }
      }),
    );
  };
}
