import type { MenuItemConstructorOptions } from 'electron';
import type { Snapshot } from '../model/agent-view.ts';
import type { ClusterId } from '../model/cluster.ts';
import { timeLeft } from '../model/time-left.ts';
import { trayLabel } from './tray-label.ts';

/** Builds an item for each production cluster that is unlocked for writing, which locks it. */
export function lockItems(
  { unlocks = [], clusters }: Pick<Snapshot, 'unlocks' | 'clusters'>,
  actions: { lock(cluster: ClusterId): void },
  now: number,
): MenuItemConstructorOptions[] {
  return unlocks.map(({ cluster, until }) => {
    const title = clusters.find(({ id }) => id === cluster)?.title ?? cluster;
    return {
      label: trayLabel(`⚠ Lock ${title}`, `unlocked, ${timeLeft(until, now)} left`),
      click: () => actions.lock(cluster),
    };
  });
}
