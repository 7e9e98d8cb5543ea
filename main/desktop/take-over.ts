import type { Clock, Logger } from '../agent/parts.ts';
import type { Paths } from '../agent/paths.ts';
import { connectAgent } from '../api/socket/client.ts';
import { type Election, electAgent } from '../api/socket/election.ts';
import { AppError } from '../model/app-error.ts';

const limitMs = 15_000;

/**
 * Becomes the user's agent. Asks a headless agent to hand over: it ends without changing anything on disk, so that the
 * same tunnels open again on the same ports.
 * Rejects as `electAgent` and `connectAgent` do.
 */
export async function takeOver(options: {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Extract<Election, { kind: 'elected' }>> {
  const { paths, clock, logger } = options;
  for (;;) {
    const election = await electAgent({ paths, clock });
    if (election.kind === 'elected') return election;
    logger.info('Asking the running agent to hand over', { agent: election.pid });
    const running = await connectAgent({ path: paths.socket, state: paths.state });
    if (running === undefined) continue;
    try {
      await running.call('hand-over', {});
      // Its connections end last, after it has freed its ports.
      const ended = await Promise.race([
        running.ended.then(() => true),
        clock.sleep(limitMs).then(() => false),
      ]);
      if (!ended) {
        throw new AppError(
          'agent-unreachable',
          `The running agent (process ${election.pid}) does not stop.`,
          {
            hint: 'End that process and start the app again.',
          },
        );
      }
    } finally {
      running.close();
    }
  }
}
