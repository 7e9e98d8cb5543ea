import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../agent/app-error.ts';
import { pidLockBody, readPidLock } from '../../agent/processes/pid-lock.ts';
import { isSameProcess } from '../../agent/processes/process-start.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';

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

/** The error for a socket on which nobody says a word. */
export function silentHolder(socket: string, state: string): AppError {
  const holder = readPidLock(holderFile(state));
  if (holder?.kind === 'read' && isSameProcess(holder.pid, holder.start)) {
    const { pid } = holder;
    return new AppError('agent-unreachable', `The agent (process ${pid}) does not answer.`, {
      hint: `It may be stopped or overloaded. Continue it (\`kill -CONT ${pid}\`), or end that process, and try again.`,
      retryable: true,
    });
  }
  return new AppError('agent-unreachable', `What listens at ${socket} does not answer.`, {
    hint: 'Find it (for example with `lsof` or `ss -xlp`), end that process and try again.',
    retryable: true,
  });
}
