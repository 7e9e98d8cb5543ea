import type { Environment } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { type Client, connectAgent } from '../api/socket/client.ts';

/**
 * Connects to the user's agent. Starts one if none is running.
 * Rejects as `connectAgent` and `startAgent` do.
 */
export async function reachAgent(options: {
  readonly paths: Paths;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly onStart?: () => void;
}): Promise<Client> {
  const { paths, env, signal, onStart } = options;
  const running = await connectAgent({ path: paths.socket, state: paths.state });
  if (running !== undefined) return running;
  onStart?.();
  const { startAgent } = await import('./start-agent.ts');
  return startAgent({ paths, env, signal });
}
