import type { Agent } from '../../main/agent/agent.ts';
import { type Environment, systemClock } from '../../main/agent/parts.ts';
import type { Paths } from '../../main/agent/paths.ts';
import { version } from '../../main/agent/version.ts';
import { createHandlers } from '../../main/api/handlers.ts';
import { electAgent } from '../../main/api/socket/election.ts';
import { connectionServer } from '../../main/api/socket/server.ts';
import { startAgent } from '../support/start-agent.ts';

/** A real agent in this process, which the command line reaches over the real socket. */
export async function serveAgent(options: {
  readonly env: Environment;
  readonly paths: Paths;
}): Promise<{ readonly agent: Agent; close(): Promise<void> }> {
  const { env, paths } = options;
  const election = await electAgent({ paths, clock: systemClock });
  if (election.kind !== 'elected') throw new Error('an agent runs already');
  const agent = await startAgent({ env, paths });
  const quit = () => {
    throw new Error('no end is expected');
  };
  election.serve(
    connectionServer({
      secret: election.secret,
      version,
      served: { feed: agent, handlers: createHandlers(agent, { quit }) },
    }),
  );
  return {
    agent,
    async close() {
      await agent.close();
      await election.resign();
    },
  };
}
