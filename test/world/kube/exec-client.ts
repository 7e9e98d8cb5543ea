import { type Duplex, PassThrough, type Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { WindowSize } from './container/terminal.ts';
import { type Headers, serveSpdy } from './spdy/session.ts';

/** The other end of an exec, whichever protocol it speaks. */
export interface ExecClient {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the client leaves. */
  readonly left: AbortSignal;
  windowSize(): WindowSize | undefined;
  /** Sends the Status with which it ended, after all output, and closes. */
  end(outcome: object): void;
}

/** The first byte of every message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** A client of `v5.channel.k8s.io`. */
export function webSocketClient(socket: WebSocket, query: URLSearchParams): ExecClient {
  const left = new AbortController();
  const stdin = new PassThrough();
  let windowSize: WindowSize | undefined;
  socket.on('message', (data: RawData) => {
    // One buffer a message: the socket's binaryType is nodebuffer.
    const message = data as Buffer;
    if (message[0] === channel.stdin && !stdin.write(message.subarray(1))) {
      socket.pause();
      stdin.once('drain', () => socket.resume());
    }
    if (message[0] === channel.resize) windowSize = JSON.parse(message.subarray(1).toString()) as WindowSize;
    if (message[0] === channel.close && message[1] === channel.stdin) stdin.end();
  });
  socket.on('close', () => {
    stdin.end();
    left.abort();
  });
  socket.on('error', () => socket.terminate());
  if (query.get('stdin') !== 'true') stdin.end();
  const outputTo = (to: number) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        socket.send(Buffer.concat([Buffer.of(to), chunk]), (error) => done(error));
      },
    }).on('error', () => socket.terminate());
  return {
    stdin,
    stdout: outputTo(channel.stdout),
    stderr: outputTo(channel.stderr),
    left: left.signal,
    windowSize: () => windowSize,
    end(outcome) {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(Buffer.concat([Buffer.of(channel.error), Buffer.from(JSON.stringify(outcome))]));
      socket.close(1000);
    },
  };
}

/** A client of `v4.channel.k8s.io` over SPDY: a stream for each of what it asks for. Resolves when it has opened all. */
export function spdyClient(transport: Duplex, query: URLSearchParams): Promise<ExecClient> {
  const asks = (name: string) => query.get(name) === 'true';
  const isTerminal = asks('tty');
  const wanted = [
    'error',
    ...['stdin', 'stdout'].filter(asks),
    ...(asks('stderr') && !isTerminal ? ['stderr'] : []),
    ...(isTerminal ? ['resize'] : []),
  ];
  const left = new AbortController();
  const streams = new Map<string, Duplex>();
  let windowSize: WindowSize | undefined;
  return new Promise((resolve, reject) => {
    const accept = (stream: Duplex, { streamtype = '' }: Headers) => {
      streams.set(streamtype, stream);
      // A message a line; only the last size counts.
      if (streamtype === 'resize')
        stream.on('data', (text: Buffer) => {
          windowSize = JSON.parse(text.toString().trim().split('\n').at(-1) ?? '{}') as WindowSize;
        });
      if (wanted.every((one) => streams.has(one))) resolve(client());
    };
    serveSpdy(transport, accept).then(() => {
      left.abort();
      reject(new Error('the client left before it had opened its streams'));
    }, reject);
  });

  function client(): ExecClient {
    const stdin = streams.get('stdin');
    const error = streams.get('error');
    const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
    return {
      stdin: stdin ?? new PassThrough().end(),
      stdout: streams.get('stdout') ?? nowhere(),
      stderr: streams.get('stderr') ?? nowhere(),
      left: left.signal,
      windowSize: () => windowSize,
      end(outcome) {
        error?.end(JSON.stringify(outcome), () => transport.end());
      },
    };
  }
}
