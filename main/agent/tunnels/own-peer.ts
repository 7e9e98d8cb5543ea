import type { Server, Socket } from 'node:net';
import type { Refusal } from './gateway.ts';
import type { Connection, Peer } from './peers/peer-table.ts';
import type { Peers } from './peers/peers.ts';

/**
 * Resolves with the client's peer if its account may connect; with undefined if this computer cannot tell. Otherwise
 * resets the client without an answer, and reports another account.
 */
export async function ownPeer(
  client: Socket,
  options: {
    readonly port: number;
    readonly peers: Peers;
    readonly onRefused: (refusal: Refusal) => Promise<void>;
  },
): Promise<Peer | undefined | 'refused'> {
  const { port, peers, onRefused } = options;
  if (!peers.isChecked) return undefined;
  const connection = connectionOf(client, port);
  const peer = connection && (await peers.peerOf(connection));
  if (peer?.kind === 'own' && !client.destroyed) return peer;
  // Reset it instead of closing it: a reset leaves nothing in the table of connections.
  client.resetAndDestroy();
  if (peer?.kind === 'other') void onRefused({ reason: 'account', peer });
  return 'refused';
}

/**
 * Returns the client's connection as the table of connections shows it, or undefined if the client has closed it
 * already.
 */
export function connectionOf(client: Socket, port: number): Connection | undefined {
  const { remoteAddress: address, remotePort: clientPort } = client;
  return address === undefined || clientPort === undefined ? undefined : { address, clientPort, port };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
