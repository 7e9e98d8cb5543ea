import type { Socket } from 'node:net';

/** A message is one line of JSON. The largest is a snapshot: 10,000 clusters are some 20 MB. */
const lineLimit = 64 * 1024 * 1024;

/** Calls back with each line's value; destroys the connection on one that is no JSON or too long. */
export function readLines(socket: Socket, receive: (message: unknown) => void): void {
  let parts: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
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
    }
    if (rest.length === 0) return;
    parts.push(rest);
    size += rest.length;
    if (size > lineLimit) socket.destroy();
  });
}

export function writeLine(socket: Socket, message: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
