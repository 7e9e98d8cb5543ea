import type { Socket } from 'node:net';

/** The longest message, one line of JSON. The largest is a snapshot: about 20 MB for 10,000 clusters. */
const lineLimit = 64 * 1024 * 1024;
/** The most bytes, 64 KiB, from an end that has not proven itself yet. It needs two short lines. */
const unprovenLimit = 32 * 1024;

/**
 * Calls back with each line's parsed value. Destroys the connection on a line that is not JSON or too long, and reads
 * nothing more from it, not even data that is already here.
 */
export function readLines(
  socket: Socket,
  { isProven, receive }: { readonly isProven: () => boolean; readonly receive: (message: unknown) => void },
): void {
  const tooLong = (bytes: number) => bytes > (isProven() ? lineLimit : unprovenLimit);
  let parts: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (tooLong(size + end)) {
        socket.destroy();
        return;
      }
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      parts = [];
      size = 0;
      rest = rest.subarray(end + 1);
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        socket.destroy();
        return;
      }
      receive(message);
      if (socket.destroyed) return;
    }
    if (rest.length === 0) return;
    parts.push(rest);
    size += rest.length;
    if (tooLong(size)) socket.destroy();
  });
}

export function writeLine(socket: Socket, message: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
