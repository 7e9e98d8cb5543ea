import net from 'node:net';
import { networkError } from '../network/network.ts';
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
        const fail = (cause: Error) => reject(networkError({ host: `${target.host}:${target.port}` }, cause));
        socket.once('error', fail);
        socket.once('connect', () => {
          socket.off('error', fail);
          resolve(socket);
        });
      }),
  };
}
