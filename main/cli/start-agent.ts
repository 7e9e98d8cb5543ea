import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { lastingEnvironment } from '../agent/callers/identity-variables.ts';
import type { Environment } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { type Client, connectAgent } from '../api/socket/client.ts';
import { AppError, fromPlainError, type PlainError } from '../model/app-error.ts';
import { workingFolder } from './caller-environment.ts';
import { programCommand } from './program-file.ts';

const startTimeoutMs = 30_000;
/** An agent that was started automatically exits after this time without use. */
const idleExitMinutes = 30;

/**
 * Starts an agent that outlives this process and connects to it.
 * Rejects with the error that the agent printed, with `agent-unreachable`, or with `cancelled`.
 */
export async function startAgent(options: {
  readonly paths: Paths;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}): Promise<Client> {
  const { paths, env, signal } = options;
  const { command, args } = programCommand();
  const child = spawn(command, [...args, 'agent', '--json', '--idle-exit', String(idleExitMinutes)], {
    // Do not keep the caller's folder busy: it must stay removable.
    cwd: path.parse(paths.home).root,
    env: { ...lastingEnvironment(env, workingFolder()) },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await verdict(child, signal);
    // The running agent may be another one that was started at the same time.
    const client = await connectAgent({ path: paths.socket, state: paths.state });
    if (client !== undefined) return client;
    throw new AppError('agent-unreachable', 'The agent exited right after it started.', {
      hint: `Its log is ${path.join(paths.state, 'agent.log')}.`,
      retryable: true,
    });
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

/** Resolves when the child reports that an agent is running. Its first line is the document of `agent --json`. */
function verdict(child: ChildProcessByStdio<null, Readable, null>, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.startsWith('{"agent"') && said.includes('\n')) resolve();
  });
  child.once('error', (cause) => {
    reject(
      new AppError('agent-unreachable', 'The agent could not be started.', {
        hint: 'Run `k8s-tunnels agent` to see why.',
        cause,
      }),
    );
  });
  child.once('close', (code) => reject(failureFrom(said, code)));
  const timeout = setTimeout(() => {
    reject(
      new AppError('agent-unreachable', `The agent did not start within ${startTimeoutMs / 1000} s.`, {
        hint: 'Run `k8s-tunnels agent` to see why.',
        retryable: true,
      }),
    );
  }, startTimeoutMs);
  const abort = () => reject(new AppError('cancelled', 'Cancelled.'));
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', abort);
  });
}

function failureFrom(said: string, code: number | null): AppError {
  try {
    const { error } = JSON.parse(said) as { error: PlainError };
    return fromPlainError(error);
  } catch {
    return new AppError('agent-unreachable', `The agent failed to start (exit code ${code ?? 'none'}).`, {
      hint: 'Run `k8s-tunnels agent` to see why.',
    });
  }
}
