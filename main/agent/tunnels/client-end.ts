import type { Socket } from 'node:net';

/** How long a client may take to close its side after ours. */
const lingerMs = 5_000;

/**
 * Lets out what is left and waits a moment for the client's own end: to close earlier would take back what it has not
 * read yet.
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

/** Calls back when a client that nobody reads from goes away. The answer ends it. */
export function watchForEnd(client: Socket, ended: () => void): () => void {
  const look = () => {
    // An end shows only where it is read for; bytes that came early stay where they are.
    if (client.readableLength === 0) client.read(0);
  };
  client.on('readable', look).once('end', ended).once('close', ended);
  look();
  return () => client.off('readable', look).off('end', ended).off('close', ended);
}
