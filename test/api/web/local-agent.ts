import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHandlers } from '../../../main/api/handlers.ts';
import type { Served } from '../../../main/api/serve-messages.ts';
import { startAgent } from '../../support/start-agent.ts';

/** A real agent in an empty home of its own, in this process. */
export async function startLocalAgent(): Promise<{ readonly served: Served; close(): Promise<void> }> {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-api-'));
  const env = {
    [process.platform === 'win32' ? 'USERPROFILE' : 'HOME']: home,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
  };
  const agent = await startAgent({ env });
  return {
    served: {
      feed: agent,
      handlers: createHandlers(agent, {
        quit() {
          throw new Error('no end is expected');
        },
      }),
    },
    async close() {
      await agent.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
