import { clusterCount, locationCount } from '../text/counts.ts';
import { ago } from '../text/times.ts';

export const headerText = {
  product: 'k8s-tunnels',
  search: (count: number) => `Search ${clusterCount(count)}`,
  clear: 'Clear search',
  discover: 'Refresh',
  activity: 'Activity',
  accounts: 'Accounts',
  settings: 'Settings',
  reading: (read: number, known: number, clusters: number) =>
    `Loading ${read} of ${locationCount(known)}, ${clusterCount(clusters)} so far`,
  waitingFor: (place: string, more: number) => `waiting for ${place}${more > 0 ? ` and ${more} more` : ''}`,
  starting: 'Looking for locations',
  /** `of` is set while not all clusters are shown. */
  idle: (clusters: number, of: number | undefined, ms: number | undefined) =>
    `${of === undefined ? clusterCount(clusters) : `${clusters} of ${clusterCount(of)}`}${ms === undefined ? '' : ` · updated ${ago(ms)}`}`,
  state: 'Discovery status',
  progress: 'Discovery',
  waiting: (count: number) => `${count} new`,
} as const;
