import { toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Logger } from '../parts.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Remembered } from './remembered.ts';

/**
 * Returns a function that closes the tunnels of these clusters, unless a terminal or the user's kubeconfig needs them. It
 * never rejects.
 */
export function createCloseUnused(options: {
  readonly logger: Logger;
  readonly tunnels: Tunnels;
  readonly apiProxies?: Pick<ApiProxies, 'traffic'> | undefined;
  readonly remembered: Remembered;
  readonly terminals: Pick<Terminals, 'uses'>;
}): (ids: readonly ClusterId[]) => Promise<void> {
  const { logger, tunnels, apiProxies, remembered, terminals } = options;

  /** Returns true if a client is connected, through the tunnel's port or the local TLS proxy. */
  const isInUse = (id: ClusterId) =>
    [tunnels.find(id)?.traffic(), apiProxies?.traffic(id)].some((one) => (one?.connections ?? 0) > 0);
  return async (ids) => {
    for (const id of ids) {
      const connection = remembered.get(id);
      if (terminals.uses(id) || remembered.isExpected(id) || connection?.status === 'open') continue;
      try {
        // Somebody uses the on-demand context while the tunnel is up: it stays open.
        if (connection?.status === 'kept' && isInUse(id))
          await remembered.put([{ ...connection, status: 'open' }]);
        else await tunnels.close(id, { listening: connection !== undefined });
      } catch (error) {
        logger.warn('A tunnel is not closed', { cluster: id, error: toPlainError(error) });
      }
    }
  };
}
