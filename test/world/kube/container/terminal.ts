import { PassThrough, type Readable, Writable } from 'node:stream';

/** As a client sends it. */
export interface WindowSize {
  readonly Width: number;
  readonly Height: number;
}

const key = { interrupt: 3, end: 4, backspace: 8, lineFeed: 10, enter: 13, delete: 127 } as const;

/** The line discipline of a terminal in its default mode: echoes, hands over whole lines, knows Ctrl-C and Ctrl-D. */
export function createTerminal(given: {
  readonly keys: Readable;
  readonly screen: Writable;
  readonly interrupt: () => void;
}): { readonly stdin: Readable; readonly stdout: Writable } {
  const { keys, screen, interrupt } = given;
  const stdin = new PassThrough();
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      screen.write(Buffer.from(chunk.toString('latin1').replace(/\n/g, '\r\n'), 'latin1'), done);
    },
  });
  // A screen that is gone ends what is shown on it by itself.
  stdout.on('error', () => {});
  let line: number[] = [];
  const type = (byte: number) => {
    if (byte === key.interrupt) {
      line = [];
      screen.write('^C\r\n');
      interrupt();
    } else if (byte === key.end) {
      if (line.length === 0) stdin.end();
    } else if (byte === key.backspace || byte === key.delete) {
      if (line.pop() !== undefined) screen.write('\b \b');
    } else if (byte === key.enter || byte === key.lineFeed) {
      screen.write('\r\n');
      stdin.write(Buffer.from([...line, key.lineFeed]));
      line = [];
    } else {
      line.push(byte);
      screen.write(Buffer.of(byte));
    }
  };
  keys.on('data', (chunk: Buffer) => {
    for (const byte of chunk) type(byte);
  });
  keys.on('end', () => stdin.end());
  return { stdin, stdout };
}
