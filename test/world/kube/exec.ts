import { PassThrough, type Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ContainerFiles } from './container/container-files.ts';
import { runProgram } from './container/shell.ts';
import { createTerminal, type WindowSize } from './container/terminal.ts';
import type { Pod } from './objects.ts';

/** The first byte of every message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Offers the protocol of `kubectl exec` since 1.30; older clients speak SPDY, which is not served. */
export const execServer = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
});

/** Runs one of the programs of the world's containers; its exit code goes out last, as a Status. */
export async function serveExec(given: {
  readonly socket: WebSocket;
  readonly pod: Pod;
  readonly container: string;
  readonly files: ContainerFiles;
  readonly query: URLSearchParams;
}): Promise<void> {
  const { socket, pod, container, files, query } = given;
  const left = new AbortController();
  const keys = new PassThrough();
  let windowSize: WindowSize | undefined;
  socket.on('message', (data: RawData) => {
    // One buffer a message: the socket's binaryType is nodebuffer.
    const message = data as Buffer;
    if (message[0] === channel.stdin && !keys.write(message.subarray(1))) {
      socket.pause();
      keys.once('drain', () => socket.resume());
    }
    if (message[0] === channel.resize) windowSize = JSON.parse(message.subarray(1).toString()) as WindowSize;
    if (message[0] === channel.close && message[1] === channel.stdin) keys.end();
  });
  socket.on('close', () => {
    keys.end();
    left.abort();
  });
  socket.on('error', () => socket.terminate());
  if (query.get('stdin') !== 'true') keys.end();

  const keyboard = new EventTarget();
  const interrupt = () => keyboard.dispatchEvent(new Event('interrupt'));
  const isTerminal = query.get('tty') === 'true';
  const screen = outputTo(socket, channel.stdout);
  const warnings = outputTo(socket, channel.stderr);
  let ends: { readonly stdin: Readable; readonly stdout: Writable } = { stdin: keys, stdout: screen };
  if (isTerminal) ends = createTerminal({ keys, screen, interrupt });
  const [program = '', ...args] = query.getAll('command');
  const code = await runProgram(program, {
    ...ends,
    args,
    // A terminal has one output only.
    stderr: isTerminal ? ends.stdout : warnings,
    hostname: pod.metadata.name,
    root: await files.rootOf(pod, container),
    signal: left.signal,
    keyboard,
    windowSize: () => (isTerminal ? (windowSize ?? { Width: 80, Height: 24 }) : undefined),
  });
  const outcome = code === undefined ? noSuchProgram(program) : exited(code);
  // All that was written goes out first.
  if (isTerminal) await finished(ends.stdout.end());
  await Promise.all([screen, warnings].map((output) => finished(output.end())));
  if (socket.readyState !== socket.OPEN) return;
  socket.send(Buffer.concat([Buffer.of(channel.error), Buffer.from(JSON.stringify(outcome))]));
  socket.close(1000);
}

const outputTo = (socket: WebSocket, to: number) =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.of(to), chunk]), (error) => done(error));
    },
  }).on('error', () => socket.terminate());

const exited = (code: number) =>
  code === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit code ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

const noSuchProgram = (program: string) => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH`,
  reason: 'InternalError',
  code: 500,
});
