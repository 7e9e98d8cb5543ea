import type { Agent, Parts } from '../agent/agent.ts';
import { createAgent } from '../agent/create-agent.ts';
import { credentialAlone } from '../agent/credentials/alone.ts';
import { collectGarbage, limitYoungGeneration } from '../agent/memory.ts';
import { openUrl } from '../agent/open-url.ts';
import { type Environment, type Logger, silentLogger, systemClock } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { openConfStore } from '../agent/settings/conf-store.ts';
import { version } from '../agent/version.ts';
import { createHandlers } from '../api/handlers.ts';
import { electAgent } from '../api/socket/election.ts';
import { connectionServer } from '../api/socket/server.ts';
import { openAgentLog } from './agent-log.ts';
import { whenIdle } from './idle.ts';

/**
 * Makes a credential in this process without an agent, with the sealer of an agent without the desktop. See
 * `credentialAlone`.
 */
export function answerAlone(
  { env, paths }: { readonly env: Environment; readonly paths: Paths },
  asked: Parameters<typeof credentialAlone>[1],
): Promise<Record<string, unknown>> {
  return credentialAlone(
    {
      env,
      paths,
      clock: systemClock,
      logger: silentLogger,
      openStore: () => openConfStore(paths.config),
      sealer: { kind: 'headless' },
    },
    asked,
  );
}

export type Hosted =
  | { readonly kind: 'ended' }
  /** Another agent already serves this user. */
  | { readonly kind: 'taken'; readonly pid: number; readonly version: string };

/** Why an agent ends. The next start reopens its tunnels, except after `interrupted` and `quit`. */
type End = 'terminated' | 'interrupted' | 'quit' | 'idle';

/**
 * Hosts the user's one agent until SIGTERM, Ctrl-C, `quit`, or idleness. Callers that connect while it starts wait, and
 * get the error if it cannot start.
 * Rejects as `electAgent` and `createAgent` do, after it has removed the socket.
 */
export async function hostAgent(options: {
  readonly env: Environment;
  readonly paths: Paths;
  readonly plugin: Parts['plugin'];
  readonly resources: Parts['resources'];
  readonly planWorker: Parts['planWorker'];
  /** Ends automatically after this time without tunnels and without callers. Undefined: never. */
  readonly idleExitMs: number | undefined;
  onReady(): void;
}): Promise<Hosted> {
  const { env, paths, plugin, resources, planWorker, idleExitMs, onReady } = options;
  const clock = systemClock;
  limitYoungGeneration();
  const election = await electAgent({ paths, clock });
  if (election.kind === 'taken') return election;
  const logger = openAgentLog(paths.state, env);
  logger.info('Agent starts', { version });
  const { promise: ended, resolve: end } = Promise.withResolvers<End>();
  listenToProcess({ logger, end });
  // Exit without closing: the path belongs to a newer agent now, and closing our socket would delete it.
  void election.deposed.then(() => {
    logger.error('Agent ends: its socket was taken away');
    process.exit(1);
  });

  const starting = createAgent({
    env,
    paths,
    clock,
    logger,
    plugin,
    resources,
    planWorker,
    openStore: () => openConfStore(paths.config),
    openUrl: (url) => openUrl(url, env),
    sealer: { kind: 'headless' },
    collectGarbage,
  });
  const served = starting.then((agent) => ({
    feed: agent,
    handlers: createHandlers(agent, { quit: () => end('quit') }),
  }));
  let callers = 0;
  const serve = connectionServer({ secret: election.secret, version, served });
  election.serve((socket) => {
    callers += 1;
    socket.once('close', () => {
      callers -= 1;
    });
    serve(socket);
  });

  let agent: Agent;
  try {
    agent = await starting;
  } catch (error) {
    logger.error('Agent cannot start', { reason: error instanceof Error ? error.message : 'unknown' });
    // Answer the waiting callers before their connections close.
    await served.catch(() => clock.sleep(0));
    await election.resign();
    throw error;
  }
  onReady();
  if (idleExitMs !== undefined) {
    const isBusy = () =>
      callers > 0 ||
      agent.isNeeded() ||
      agent.snapshot().tunnels.some(({ state }) => state.status !== 'idle');
    void whenIdle({ clock, ms: idleExitMs, isBusy }).then(() => end('idle'));
  }

  const why = await ended;
  logger.info('Agent ends', { why });
  if (why === 'interrupted') await agent.disconnectAll();
  await agent.close();
  await election.resign();
  return { kind: 'ended' };
}

function listenToProcess({ logger, end }: { readonly logger: Logger; readonly end: (why: End) => void }) {
  process.once('SIGTERM', () => end('terminated'));
  process.once('SIGHUP', () => end('terminated'));
  process.once('SIGINT', () => end('interrupted'));
  const crash = (error: unknown) => {
    logger.error('Agent ends: an error that nothing caught', {
      reason: error instanceof Error ? (error.stack ?? error.message) : 'unknown',
    });
    process.exit(1);
  };
  process.on('uncaughtException', crash);
}
