import type { TLSSocket } from 'node:tls';
import { endGently } from '../tunnels/client-end.ts';
import { watchStalls } from '../tunnels/stalls.ts';

/**
 * Passes bytes between a client and the API server, in both directions and no faster than they are read. Either side may
 * end its direction and go on reading. When one side is closed, so is the other, also while neither is read from
 * (`isHeld` as in `watchStalls`).
 */
export function joinStreams(client: TLSSocket, server: TLSSocket, isHeld: () => Promise<boolean>): void {
  client.setNoDelay(true);
  client.on('error', () => {});
  server.on('error', () => {});
  client.pipe(server);
  server.pipe(client);
  server.once('close', () => endGently(client));
  client.once('close', () => server.destroy());
  watchStalls({ client, remote: server, isHeld, moved: () => client.bytesRead + client.bytesWritten });
}
