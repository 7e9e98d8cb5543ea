import net from 'node:net';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Target } from './admission.ts';
import type { Connector } from './connector.ts';

/** No tunnel: a TCP connection to an API server that is reachable already, as kubectl makes it. */
export function createDirectConnector(target: Target): Connector {
  return {
    kind: () => 'direct',
    async prepare() {},
    dial: ({ signal }) =>
      new Promise((resolve, reject) => {
        const socket = net.connect({ ...target, noDelay: true, signal });
        // An error that nobody listens for ends the process, and it can fail between two owners.
        socket.on('error', () => {});
        const fail = (cause: Error) =>
          reject(
            signal.aborted
              ? signal.reason
              : new AppError(
                  'network-unreachable',
                  `${target.host}:${target.port} cannot be reached (${errnoOf(cause) ?? 'connection closed'}).`,
                  {
                    hint: 'It is reached with no tunnel: connect your VPN or WARP.',
                    retryable: true,
                    cause,
                  },
                ),
          );
        socket.once('error', fail);
        socket.once('connect', () => {
          socket.off('error', fail);
          resolve(socket);
        });
      }),
  };
}
