import { once } from 'node:events';
import net from 'node:net';
import { execa } from 'execa';
import { AppError } from '../../../model/app-error.ts';
import type { Environment, Logger } from '../../parts.ts';
import { listenerOwner } from './listener-owner.ts';
import { type LogEvent, lineReader, readLogLine } from './log.ts';

/** A running `cloudflared access tcp` that listens. */
export interface Child {
  readonly pid: number;
  readonly port: number;
  hasEnded(): boolean;
  readonly ended: Promise<void>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

const startTimeoutMs = 6_000;
const lookEveryMs = 10;
/** Between SIGTERM and SIGKILL. */
const stopGraceMs = 2_000;

/**
 * The program replaces this shell, so that the child's pid is its own. Before that, the shell leaves a watcher that
 * waits for the end of a pipe, whose other end only we hold: if this process dies, even by SIGKILL, the watcher kills
 * the program. A line on the pipe ends the watcher.
 */
const guarded = `exec 3<&0 </dev/null
(trap "" HUP INT TERM; read -r _ <&3 || kill -9 $$) >/dev/null 2>&1 &
exec 3<&-
exec "$@"`;

/**
 * Starts cloudflared on a free port of 127.0.0.1 and resolves when it listens there, and no other program does.
 * Rejects with `connector-unavailable` or `edge-failed` if it ends first or does not respond, with `cancelled` on the
 * signal.
 */
export async function startChild(options: {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Environment;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LogEvent) => void;
}): Promise<Child> {
  const { program, env, logger, onEvent } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(startTimeoutMs)]);
  const port = await freePort();
  const args = ['access', 'tcp', ...options.args, '--url', `127.0.0.1:${port}`];
  // Windows ends the children of a process with it: libuv puts them into a job that is killed when it is closed.
  const [command, ...rest]: [string, ...string[]] =
    process.platform === 'win32'
      ? [program, ...args]
      : ['/bin/sh', '-c', guarded, 'cloudflared', program, ...args];
  const running = execa(command, rest, {
    env,
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    windowsHide: true,
    forceKillAfterDelay: stopGraceMs,
  });
  let ended = false;
  let lastError: string | undefined;
  const said = Promise.withResolvers<void>();
  running.stdin.on('error', () => {});
  const read = lineReader((line) => {
    const event = readLogLine(line);
    if (event === undefined) return;
    logger.debug('cloudflared', { ...event });
    if (event.kind === 'listening') said.resolve();
    if (event.kind === 'error') lastError = event.message;
    onEvent(event);
  });
  running.stderr.setEncoding('utf8').on('error', () => {});
  // The last line may have no line end.
  running.stderr.on('data', read).once('end', () => read('\n'));
  const gone = running.then(() => {
    ended = true;
    running.stdin.end('\n');
  });
  const stop = async () => {
    running.kill('SIGTERM');
    await gone;
  };
  const { pid } = running;
  try {
    await Promise.race([said.promise, gone, once(signal, 'abort')]);
    while (!ended && !signal.aborted && pid !== undefined) {
      const owner = await ownerOf(pid, port);
      if (owner === 'foreign') throw startFailed(`somebody else listens on port ${port}`);
      if (owner === 'ours' && !ended) return { pid, port, hasEnded: () => ended, ended: gone, stop };
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    if (options.signal.aborted) throw new AppError('cancelled', 'The start of cloudflared was cancelled.');
    throw startFailed(ended ? (lastError ?? 'it ended at once') : 'it does not listen');
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Only Linux shows which process owns a listener. Elsewhere, cloudflared ends if another program took the port between
 * our check and its start. So it is trusted if it reports that it listens and still runs when the port answers.
 */
async function ownerOf(pid: number, port: number): Promise<'ours' | 'foreign' | 'nobody'> {
  if (process.platform === 'linux') return listenerOwner(pid, port);
  const socket = net.connect({ port, host: '127.0.0.1' });
  return once(socket, 'connect')
    .then(
      () => 'ours' as const,
      () => 'nobody' as const,
    )
    .finally(() => socket.destroy());
}

function startFailed(why: string): AppError {
  return new AppError('edge-failed', `cloudflared did not start: ${why}.`, {
    hint: 'Try again; if it lasts, run `cloudflared access tcp` by hand to see why.',
    retryable: true,
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
