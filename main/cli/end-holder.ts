import { setTimeout as pause } from 'node:timers/promises';
import { holderFile, livingHolder } from '../api/socket/holder.ts';
import { AppError } from '../model/app-error.ts';

const limitMs = 15_000;
const stepMs = 50;

/**
 * Ends an agent that has proven to be the user's, but speaks another version's protocol. It closes as at the end of a login
 * session; Windows ends it at once, as a crash would. Resolves with its process when that has ended. Rejects with
 * `agent-unreachable` if it goes on.
 */
export async function endHolder(state: string): Promise<number> {
  const pid = livingHolder(state);
  if (pid === undefined) {
    throw new AppError('agent-unreachable', `${holderFile(state)} does not name the agent that runs.`, {
      hint: 'End the process that `k8s-tunnels status` names.',
    });
  }
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; livingHolder(state) === pid; waited += stepMs) {
    if (waited >= limitMs) {
      throw new AppError('agent-unreachable', `The agent (process ${pid}) has not ended after 15 s.`, {
        hint:
          process.platform === 'win32' ? `End it: \`taskkill /f /pid ${pid}\`` : `End it: \`kill -9 ${pid}\``,
      });
    }
    await pause(stepMs);
  }
  return pid;
}
