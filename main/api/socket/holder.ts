import path from 'node:path';
import { readPidLock } from '../../agent/processes/pid-lock.ts';
import { isSameProcess, isStopped } from '../../agent/processes/process-start.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';

/** The file that names the agent behind the socket, because a stopped process cannot say who it is. */
export function holderFile(state: string): string {
  return path.join(state, 'agent.pid');
}

/** Returns the agent's process if it is running. */
export function livingHolder(state: string): number | undefined {
  const holder = readPidLock(holderFile(state));
  return holder?.kind === 'read' && isSameProcess(holder.pid, holder.start) ? holder.pid : undefined;
}

/** Returns true if the agent's process runs, and is not stopped as far as the system says: it answers when it gets to it. */
export function isBusy(state: string): boolean {
  const pid = livingHolder(state);
  return pid !== undefined && isStopped(pid) !== true;
}

/** Returns the error for a socket whose listener does not answer. */
export function silentHolder(socket: string, state: string): AppError {
  const pid = livingHolder(state);
  if (pid !== undefined) {
    return new AppError('agent-unreachable', `The agent (process ${pid}) does not answer.`, {
      hint: holderHint(pid),
      retryable: true,
    });
  }
  return new AppError('agent-unreachable', `The program that listens at ${socket} does not answer.`, {
    hint: `${findIt()}, stop it and try again.`,
    retryable: true,
  });
}

/** Begins the advice to find the program behind the socket. Nothing that Windows has names the owner of a pipe. */
export function findIt(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32'
    ? 'Find it (Process Explorer: Find Handle, `k8s-tunnels-`)'
    : 'Find it (for example with `lsof` or `ss -xlp`)';
}

/** Advises what to check where the socket cannot be opened. A pipe has no folder. */
export function unopenedHint(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32'
    ? `Another account may have created it. ${findIt(platform)}, stop it and try again.`
    : 'Check that you own it and its folder.';
}

/** Recommends SIGKILL, because a stopped process ignores SIGTERM. The next agent reopens the tunnels. */
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

/** Returns the error for a socket that cannot be opened. */
export function unopened(path: string, state: string, cause: unknown): AppError {
  const errno = errnoOf(cause);
  // The backlog of a stopped agent is full, because it accepts no connections (connect(2)).
  if (errno === 'EAGAIN') return silentHolder(path, state);
  if (errno === 'ENOTSOCK') return foreign(path, cause);
  return new AppError(
    'agent-unreachable',
    `The agent's socket ${path} cannot be opened (${errno ?? 'unknown error'}).`,
    { hint: unopenedHint(), cause },
  );
}

/** Returns the error for a greeting that is not one of our agents. */
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
        `The agent that runs (process ${other.pid}) is k8s-tunnels ${other.version}, which this one cannot talk to.`,
        {
          hint: 'Run `k8s-tunnels quit`: the next command starts the agent of its own version, which opens the same tunnels again.',
        },
      );
    case 'unproven': {
      const who = Number.isInteger(other.pid) && other.pid > 0 ? ` (process ${other.pid})` : '';
      return new AppError(
        'agent-foreign',
        `What answers at ${path} says that it is k8s-tunnels${who}, but does not know the secret in ${state}.`,
        {
          hint: `If that folder was replaced while your agent ran, end that process and try again. If not, something else took its place. ${findIt()} and stop it.`,
        },
      );
    }
  }
}

/** Returns the error for a listener that does not speak the agent's protocol. */
export function foreign(path: string, cause?: unknown): AppError {
  return new AppError('agent-foreign', `Another program answers at ${path}.`, {
    hint: `${findIt()}, stop it and try again.`,
    cause,
  });
}
