import type { Activity } from './activity/activity.ts';
import type { Catalog } from './catalog/catalog.ts';
import { titleOf } from './operations/clusters.ts';
import type { Reach } from './reach.ts';
import type { Notices } from './state/notices.ts';
import { refusalNotice } from './tunnels/refusals.ts';

/**
 * Reports programs that a local port refused, those whose connection failed, and production clusters that were locked or
 * unlocked.
 */
export function reportClients(options: {
  readonly events: Reach['events'];
  readonly catalog: Catalog;
  readonly notices: Notices;
  readonly activity: Pick<Activity, 'add'>;
}): void {
  const { events, catalog, notices, activity } = options;
  events.on('refused', (refusal) => {
    const title = titleOf(catalog, refusal.cluster);
    notices.add('warning', refusalNotice(title, refusal));
    activity.add({ kind: 'refused', title, ...refusal });
  });
  events.on('clientFailed', ({ cluster, isCut, process: client, failure }) => {
    const program = client === undefined ? {} : { process: client };
    const title = titleOf(catalog, cluster);
    activity.add({ kind: 'client-failed', cluster, title, isCut, ...program, failure });
  });
  events.on('lock', ({ unlock, ...event }) => {
    activity.add({ ...event, ...unlock, title: titleOf(catalog, unlock.cluster) });
  });
}
