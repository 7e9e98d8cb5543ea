import type { Parts } from '../agent/agent.ts';
import { createAgent } from '../agent/create-agent.ts';
import { type Logger, systemClock } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { version } from '../agent/version.ts';
import { localChannel, type OpenChannel } from '../api/channel.ts';
import { type ConfirmUnlock, withConfirmedUnlock } from '../api/confirmed-unlock.ts';
import { createHandlers } from '../api/handlers.ts';
import { connectionServer } from '../api/socket/server.ts';
import type { takeOver } from './take-over.ts';

/** The agent that the desktop app hosts. */
export interface Host {
  readonly openChannel: OpenChannel;
  /** Ends the agent, whose next start reopens the tunnels. Idempotent. */
  close(): Promise<void>;
}

/**
 * Hosts the agent in this process, for the window and for every command. Returns immediately: calls during the start
 * wait, and reject with the reason if the agent cannot start.
 */
export function hostAgent(options: {
  readonly parts: () => Promise<Omit<Parts, 'clock' | 'logger' | 'paths'>>;
  readonly paths: Paths;
  readonly logger: Logger;
  /** The socket of the user's agent. */
  readonly election: ReturnType<typeof takeOver>;
  /** Asks the user, for programs other than the window. */
  readonly confirmUnlock: ConfirmUnlock;
  /** Called when a shell quits the agent, which quits the app. */
  readonly onQuit: () => void;
}): Host {
  const { paths, logger, confirmUnlock, onQuit } = options;
  const clock = systemClock;
  const begin = async () => {
    const [election, parts] = await Promise.all([options.election, options.parts()]);
    // Closes nothing: the path belongs to a newer agent now. Electron's exit, unlike Node's, closes our socket, which would
    // delete it.
    void election.deposed.then(() => {
      logger.error('The app ends: its socket was taken away');
      process.kill(process.pid, 'SIGKILL');
    });
    const creating = createAgent({ ...parts, paths, clock, logger });
    const served = creating.then((agent) => ({
      feed: agent,
      handlers: createHandlers(agent, { quit: onQuit }),
    }));
    // Callers get this rejection. Without callers yet, it must not crash the app.
    served.catch(() => {});
    const guarded = served.then(({ feed, handlers }) => ({
      feed,
      handlers: withConfirmedUnlock(handlers, confirmUnlock),
    }));
    guarded.catch(() => {});
    election.serve(connectionServer({ secret: election.secret, version, served: guarded }));
    return { agent: await creating, served: await served, election };
  };
  const started = begin();
  const served = started.then((all) => all.served);
  served.catch((error: unknown) =>
    logger.error('The agent cannot start', { reason: error instanceof Error ? error.message : 'unknown' }),
  );
  let closing: Promise<void> | undefined;
  return {
    openChannel: localChannel(served),
    close() {
      closing ??= started.then(
        async ({ agent, election }) => {
          await agent.close();
          await election.resign();
        },
        () => {},
      );
      return closing;
    },
  };
}
