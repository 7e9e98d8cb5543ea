import type { Cluster } from './cluster.ts';
import { isProduction } from './is-production.ts';
import type { Settings } from './settings.ts';

export type GroupBy = Settings['listGroup'];

/** Returns the key of a cluster's group; empty if it has none. The window and the tray group by it. */
export function groupKey(cluster: Cluster, by: GroupBy): string {
  switch (by) {
    case 'account':
      return `${cluster.source} ${cluster.account}`;
    case 'environment':
      return isProduction(cluster) ? 'production' : (cluster.environment ?? '').toLowerCase();
    case 'cloud':
      return cluster.source;
    case 'group':
      return cluster.group ?? '';
    case 'none':
      return '';
  }
}
