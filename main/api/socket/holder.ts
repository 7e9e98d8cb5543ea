import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { pidLockBody, readPidLock } from '../../agent/processes/pid-lock.ts';
import { isSameProcess, isStopped } from '../../agent/processes/process-start.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';

/** Names the agent that holds the socket, for when it does not answer: a stopped process cannot say who it is. */
function holderFile(state: string): string {
  return path.join(state, 'agent.pid');
}

/** Writes down that this process is the agent. Rejects with `disk-full` or `file-unwritable`. */
export async function noteHolder(state: string): Promise<void> {
  await writeFileAtomic(holderFile(state), pidLockBody());
}

export async function clearHolder(state: string): Promise<void> {
  await unlink(holderFile(state)).catch(() => {});
}

/** The process of the agent, where it runs. */
export function livingHolder(state: string): number | undefined {
  const holder = readPidLock(holderFile(state));
  return holder?.kind === 'read' && isSameProcess(holder.pid, holder.start) ? holder.pid : undefined;
}

/** The error for a socket on which nobody says a word. */
export function silentHolder(socket: string, state: string): AppError {
  const pid = livingHolder(state);
  if (pid !== undefined) {
    return new AppError('agent-unreachable', `The agent (process ${pid}) does not answer.`, {
      hint: holderHint(pid),
      retryable: true,
    });
  }
  return new AppError('agent-unreachable', `What listens at ${socket} does not answer.`, {
    hint: 'Find it (for example with `lsof` or `ss -xlp`), end that process and try again.',
    retryable: true,
  });
}

/** A stopped process does not end by SIGTERM, so the way to end one is told as SIGKILL. What was open is opened again. */
function holderHint(pid: number): string {
  const [goOn, end] =
    process.platform === 'win32'
      ? [undefined, `taskkill /f /pid ${pid}`]
      : [`kill -CONT ${pid}`, `kill -9 ${pid}`];
  const ending = `or end it (\`${end}\`): the next command starts another, which opens the same tunnels again`;
  if (goOn === undefined) return `It is busy or hangs. Wait a moment and try again, ${ending}.`;
  switch (isStopped(pid)) {
    case true:
      return `It is stopped. Continue it (\`${goOn}\`), ${ending}.`;
    case false:
      return `It is busy or hangs. Wait a moment and try again, ${ending}.`;
    case undefined:
      return `It may be stopped or busy. Continue it (\`${goOn}\`) or wait a moment, ${ending}.`;
  }
}

/** The error for a socket that cannot be opened. */
export function unopened(path: string, state: string, cause: unknown): AppError {
  const errno = errnoOf(cause);
  // The queue of a stopped agent is full: so many have connected since, and nobody took them (connect(2)).
  if (errno === 'EAGAIN') return silentHolder(path, state);
  if (errno === 'ENOTSOCK') return foreign(path, cause);
  return new AppError(
    'agent-unreachable',
    `The agent's socket ${path} cannot be opened (${errno ?? 'unknown error'}).`,
    { hint: 'Check that you own it and its folder.', cause },
  );
}

/** The error for what greets as no agent of ours does. */
export function unproven(
  path: string,
  state: string,
  other:
    | { readonly kind: 'foreign' }
    | { readonly kind: 'unproven'; readonly pid: number }
    | { readonly kind: 'version'; readonly pid: number; readonly version: string },
): AppError {
  switch (other.kind) {
    case 'foreign':
      return foreign(path);
    case 'version':
      return new AppError(
        'agent-version',
        `The agent that runs is k8s-tunnels ${other.version}, which this one cannot talk to.`,
        { hint: `Quit it (process ${other.pid}) and try again.` },
      );
    case 'unproven': {
      const who = Number.isInteger(other.pid) && other.pid > 0 ? ` (process ${other.pid})` : '';
      return new AppError(
        'agent-foreign',
        `What answers at ${path} says that it is k8s-tunnels${who}, but does not know the secret in ${state}.`,
        {
          hint: 'If that folder was removed or replaced while your agent ran, end that process and try again. If not, something else took its place: find it (for example with `lsof` or `ss -xlp`) and stop it.',
        },
      );
    }
  }
}

/** The error for what speaks otherwise than an agent. */
export function foreign(path: string, cause?: unknown): AppError {
  return new AppError('agent-foreign', `Something that is not k8s-tunnels answers at ${path}.`, {
    hint: 'Find it (for example with `lsof` or `ss -xlp`), stop it and try again.',
    cause,
  });
}
