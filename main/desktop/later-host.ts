import { AppError } from '../model/app-error.ts';
import type { Host } from './host-agent.ts';

/**
 * Loads the agent after `when`, so that the window is drawn first: loading occupies the main process for some tenths of a
 * second, in which it serves no page. Channels that are opened earlier wait.
 */
export function laterHost(options: {
  readonly when: Promise<void>;
  readonly load: () => Promise<Host>;
  /** Called if it is closed before it was loaded. */
  readonly abandon: () => Promise<void>;
}): Host {
  const { when, load, abandon } = options;
  let isClosed = false;
  const loading = when.then(() => {
    if (isClosed) throw new AppError('cancelled', 'The app quits.');
    return load();
  });
  loading.catch(() => {});
  return {
    openChannel: async (listeners) => (await loading).openChannel(listeners),
    async close() {
      isClosed = true;
      const host = await loading.catch(() => undefined);
      await (host === undefined ? abandon() : host.close());
    },
  };
}
