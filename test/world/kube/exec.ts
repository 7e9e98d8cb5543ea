import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Pod } from './objects.ts';

/** The first byte of every message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;

/** Offers the protocol of `kubectl exec` since 1.30; older clients speak SPDY, which is not served. */
export const execServer = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
});

/** Runs a toy program against the socket: `echo`, `hostname`, `cat`, or a shell (`sh`) that knows these and `exit`. */
export async function serveExec(socket: WebSocket, pod: Pod, query: URLSearchParams): Promise<void> {
  const stdin = new PassThrough();
  socket.on('message', (data: RawData) => {
    // One buffer a message: the socket's binaryType is nodebuffer.
    const message = data as Buffer;
    if (message[0] === channel.stdin) stdin.write(message.subarray(1));
    if (message[0] === channel.close && message[1] === channel.stdin) stdin.end();
  });
  socket.on('close', () => stdin.destroy());
  socket.on('error', () => socket.terminate());
  const say = (to: number, text: string) => socket.send(Buffer.concat([Buffer.of(to), Buffer.from(text)]));
  if (query.get('stdin') !== 'true') stdin.end();
  const [program = '', ...words] = query.getAll('command');
  const print = (text: string) => say(channel.stdout, text);
  const outcome = await run({ program, words, pod, stdin, print, warn: (text) => say(channel.stderr, text) });
  say(channel.error, JSON.stringify(outcome));
  socket.close(1000);
}

interface Run {
  readonly program: string;
  readonly words: readonly string[];
  readonly pod: Pod;
  readonly stdin: PassThrough;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
}

async function run({ program, words, pod, stdin, print, warn }: Run): Promise<object> {
  if (program === 'cat') {
    for await (const chunk of stdin) print(String(chunk));
    return exited(0);
  }
  const known = answerOf(program, words, pod);
  if (known !== undefined) {
    print(known);
    return exited(0);
  }
  if (!/^(\/bin\/)?(sh|bash)$/.test(program)) return noSuchProgram(program);
  let code = 0;
  for await (const line of createInterface(stdin)) {
    const [command = '', ...rest] = line.trim().split(/\s+/);
    if (command === 'exit') return exited(Number(rest[0] ?? code));
    const answer = answerOf(command, rest, pod);
    code = answer === undefined && command !== '' ? 127 : 0;
    if (answer !== undefined) print(answer);
    else if (command !== '') warn(`${program}: ${command}: not found\n`);
  }
  return exited(code);
}

function answerOf(command: string, words: readonly string[], pod: Pod): string | undefined {
  if (command === 'echo') return `${words.join(' ')}\n`;
  return command === 'hostname' ? `${pod.metadata.name}\n` : undefined;
}

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
