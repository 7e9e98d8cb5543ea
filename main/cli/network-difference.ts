import { differences, networkVariables } from '../agent/network/network-variables.ts';
import type { Snapshot } from '../model/agent-view.ts';
import { listed } from '../model/wording.ts';

type AgentView = Pick<Snapshot['agent'], 'variables' | 'signIns'>;

/**
 * Returns a sentence for each variable of this shell's network that the agent was not started with: its tunnels are
 * shared by all shells, so it does not change with them.
 */
export function networkDifferences({ variables = {}, signIns }: AgentView): readonly string[] {
  const found = differences(variables, networkVariables(process.env));
  if (found.length === 0) return [];
  const said = (value: string | undefined, name: string) =>
    value === undefined ? `no ${name}` : `${name}=${value}`;
  const agent = listed(found.map((one) => said(one.agent, one.name)));
  const shell = listed(found.map((one) => said(one.shell, one.name)));
  const cure =
    signIns === 'headless'
      ? "Run `k8s-tunnels quit` to use this shell's: the next command starts the agent with them."
      : 'The app takes them from your login shell or the setting environmentFile: set them there, then start the app again.';
  return [`The agent and its tunnels use ${agent}; this shell has ${shell}. ${cure}`];
}

/** Returns the agent's variables for display; undefined if it has none. */
export function agentVariables({ variables = {} }: AgentView): string | undefined {
  const texts = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? undefined : `the agent and the window use ${texts.join(' ')}`;
}
