import { commandFor, shellOf } from '../../main/model/shell-word.ts';

/** Returns a kubectl command to paste into a terminal on the agent's computer. */
export function kubectlCommand(context: string, platform: string): string {
  return commandFor(shellOf(platform))`kubectl --context ${context} get namespaces`;
}
