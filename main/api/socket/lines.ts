import type { Socket } from 'node:net';

/** A message is one line of JSON. The largest is a snapshot: 10,000 clusters are some 20 MB. */
const lineLimit = 64 * 1024 * 1024;
/** Before the other end has proven itself it sends two short lines at most: 64 KiB in all. */
const unprovenLimit = 32 * 1024;

/**
 * Calls back with each line's value; destroys the connection on one that is no JSON or too long. Nothing is read of a
 * connection that was destroyed, not even what came together with the reason.
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
