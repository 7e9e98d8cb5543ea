import type { Agent } from '../../main/agent/agent.ts';
import { createAgent } from '../../main/agent/create-agent.ts';
import { type Clock, type Environment, silentLogger, systemClock } from '../../main/agent/parts.ts';
import { type Paths, pathsFrom } from '../../main/agent/paths.ts';
import { openConfStore } from '../../main/agent/settings/conf-store.ts';

/**
 * A real agent in this process, headless, in the home that the environment names. The caller closes it. Without
 * `openUrl`, opening a browser fails.
 */
export function startAgent(options: {
  readonly env: Environment;
  readonly paths?: Paths;
  readonly clock?: Clock;
  readonly openUrl?: (url: string) => Promise<void>;
}): Promise<Agent> {
  const { env, paths = pathsFrom(env), clock = systemClock } = options;
  return createAgent({
    env,
    paths,
    clock,
    logger: silentLogger,
    openStore: () => openConfStore(paths.config),
    sealer: { kind: 'headless' },
    openUrl: options.openUrl ?? (() => Promise.reject(new Error('no browser is expected'))),
    plugin: { command: process.execPath, args: [] },
  });
}
