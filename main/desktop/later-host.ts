import { AppError } from '../model/app-error.ts';
import type { Host } from './host-agent.ts';

/**
 * Loads the agent after `when`, so that the window is drawn first: loading occupies the main process for some tenths of a
 * second, in which it serves no page. Channels that are opened earlier wait.
 */
export function laterHost(when: Promise<void>, load: () => Promise<Host>): Host {
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
      await (await loading.catch(() => undefined))?.close();
    },
  };
}
