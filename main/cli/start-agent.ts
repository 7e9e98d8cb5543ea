import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, fromPlainError, type PlainError } from '../agent/app-error.ts';
import type { Environment } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { type Client, connectAgent } from '../api/socket/client.ts';
import { programFile } from './program-file.ts';

const startTimeoutMs = 15_000;
const pollMs = 10;
/** An agent that nobody asked for by name does not stay for ever. */
const idleExitMinutes = 30;

/**
 * Starts an agent that outlives this process and connects to it. Its first calls may have to wait until it is ready.
 * Rejects with what it said when it could not start, `agent-unreachable`, or `cancelled`.
 */
export async function startAgent(options: {
  readonly paths: Paths;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}): Promise<Client> {
  const { paths, env, signal } = options;
  const args = [programFile(), 'agent', '--json', '--idle-exit', String(idleExitMinutes)];
  const child = spawn(process.execPath, args, {
    // The caller's folder must stay free to be removed.
    cwd: path.parse(paths.home).root,
    env: { ...env },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  let failure: AppError | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.once('error', (cause) => {
    failure = new AppError('agent-unreachable', 'The agent cannot be started.', { cause });
  });
  // An agent that found another one ends with 0: that one is waited for.
  child.once('close', (code) => {
    if (code !== 0) failure = failureFrom(said, code);
  });
  try {
    const deadline = Date.now() + startTimeoutMs;
    while (Date.now() < deadline) {
      if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
      const client = await connectAgent({ path: paths.socket, state: paths.state });
      if (client !== undefined) return client;
      if (failure !== undefined) throw failure;
      await sleep(pollMs);
    }
    throw new AppError('agent-unreachable', `The agent did not start within ${startTimeoutMs / 1000} s.`, {
      hint: `Its log is ${path.join(paths.state, 'agent.log')}.`,
      retryable: true,
    });
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

function failureFrom(said: string, code: number | null): AppError {
  try {
    const { error } = JSON.parse(said) as { error: PlainError };
    return fromPlainError(error);
  } catch {
    return new AppError('agent-unreachable', `The agent ended at its start (exit code ${code ?? 'none'}).`, {
      hint: 'Run `k8s-tunnels agent` to see why.',
    });
  }
}
