import { AppError, errnoOf } from '../../model/app-error.ts';
import { connectFirst } from '../network/first-address.ts';
import type { Network } from '../network/network.ts';
import type { Target } from './admission.ts';
import type { Connector } from './connector.ts';

/**
 * Uses no tunnel: opens a TCP connection to an API server that is reachable already. With `network`, through the user's
 * proxy, as kubectl does.
 */
export function createDirectConnector(target: Target, network?: Pick<Network, 'connect'>): Connector {
  return {
    kind: () => 'direct',
    async prepare() {},
    dial: ({ signal }) =>
      network?.connect(target, signal) ??
      connectFirst(target, { signal }).catch((cause: unknown) => {
        if (signal.aborted) throw signal.reason;
        throw new AppError(
          'network-unreachable',
          `${target.host}:${target.port} cannot be reached (${errnoOf(cause) ?? 'connection closed'}).`,
          { hint: 'It is reached without a tunnel: connect your VPN or WARP.', retryable: true, cause },
        );
      }),
  };
}
