import type { Socket } from 'node:net';

/** How long a client may take to close its side after ours. */
const lingerMs = 5_000;

/**
 * Flushes the remaining bytes and briefly waits for the client to close its end: closing earlier would discard what the
 * client has not read yet.
 */
export function endGently(client: Socket): void {
  client.end(() => {
    if (client.destroyed) return;
    const linger = setTimeout(() => client.destroy(), lingerMs);
    linger.unref();
    client.once('close', () => clearTimeout(linger));
  });
  client.resume();
}

/** Calls back when a client that nobody reads from disconnects. Returns a function that stops the watch. */
export function watchForEnd(client: Socket, ended: () => void): () => void {
  const look = () => {
    // Node reports an end only to a reader. Bytes that arrived early stay in the buffer.
    if (client.readableLength === 0) client.read(0);
  };
  client.on('readable', look).once('end', ended).once('close', ended);
  look();
  return () => client.off('readable', look).off('end', ended).off('close', ended);
}
