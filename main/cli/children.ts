import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { AppError, errnoOf } from '../model/app-error.ts';

const piped = ['ignore', 'pipe', 'pipe'] as const;
/** The signals that are passed on to a child. A terminal sends Ctrl-C to the child too: it decides what to do. */
const passed = ['SIGTERM', 'SIGHUP'] as const;

export interface RunningChild {
  readonly child: ChildProcess;
  /** Resolves with the exit code as a shell reports it: 128 and the number of the signal that ended the child. */
  readonly code: Promise<number>;
}

/**
 * Starts a program of the user, without a shell. This process outlives it: Ctrl-C is left to the program, and the other
 * signals are passed on. Rejects with `not-found` or `bad-input` if it cannot be started.
 */
export async function startChild(options: {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: 'inherit' | 'pipe';
  /** What the program reads from file descriptor 3, which it has only then. */
  readonly input?: Uint8Array | undefined;
}): Promise<RunningChild> {
  const { program, args, env, stdio, input } = options;
  const streams = stdio === 'inherit' ? (['inherit', 'inherit', 'inherit'] as const) : piped;
  const child = spawn(program, [...args], { env, stdio: [...streams, ...(input ? ['pipe' as const] : [])] });
  const given = child.stdio[3] as Writable | null | undefined;
  // The program may end before it has read it.
  given?.on('error', () => {}).end(input);
  const ignore = () => {};
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', ignore);
  for (const signal of passed) process.on(signal, pass);
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(program, cause)));
    child.once('close', (exitCode, signal) =>
      resolve(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  }).finally(() => {
    process.off('SIGINT', ignore);
    for (const signal of passed) process.off(signal, pass);
  });
  return { child, code };
}

function notStarted(program: string, cause: unknown): AppError {
  return errnoOf(cause) === 'ENOENT'
    ? new AppError('not-found', `${program} is not found.`, { hint: 'Check its name and PATH.', cause })
    : new AppError('bad-input', `${program} could not be started (${errnoOf(cause) ?? 'unknown error'}).`, {
        cause,
      });
}
