import { commandFor, shellOf } from '../../main/model/shell-word.ts';

/** To paste into a terminal of the agent's computer: what a cluster's context does at once. */
export function kubectlCommand(context: string, platform: string): string {
  return commandFor(shellOf(platform))`kubectl --context ${context} get namespaces`;
}
