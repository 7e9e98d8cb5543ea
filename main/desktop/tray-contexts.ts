import type { MenuItemConstructorOptions } from 'electron';
import type { Snapshot, TunnelView } from '../model/agent-view.ts';
import type { Cluster, ClusterId } from '../model/cluster.ts';
import { isProduction } from '../model/is-production.ts';
import { isUsable } from '../model/is-usable.ts';
import { timeLeft } from '../model/time-left.ts';
import { trayLabel } from './tray-label.ts';

function contextNote(
  cluster: Cluster,
  { cluster: current, limit }: Snapshot['kubectl'],
  now: number,
): string {
  return [
    ...(isProduction(cluster) ? ['production'] : []),
    ...(cluster.id !== current || limit === undefined
      ? []
      : [`${timeLeft(limit.until, now)} left, then ${limit.back ?? 'none'}`]),
  ].join(', ');
}

/** Builds a radio item for each usable cluster, and one for a context that is none of them. */
export function contextItems(
  { kubectl }: Snapshot,
  open: readonly Cluster[],
  tunnels: ReadonlyMap<ClusterId, TunnelView>,
  actions: { use(cluster: ClusterId): void },
  now: number,
): MenuItemConstructorOptions[] {
  const usable = open.filter(({ id }) => id === kubectl.cluster || isUsable(tunnels.get(id)?.state));
  const foreign = kubectl.cluster === undefined;
  return [
    ...usable.map(
      (cluster): MenuItemConstructorOptions => ({
        type: 'radio',
        label: trayLabel(cluster.title, contextNote(cluster, kubectl, now)),
        checked: cluster.id === kubectl.cluster,
        click: () => {
          if (cluster.id !== kubectl.cluster) actions.use(cluster.id);
        },
      }),
    ),
    {
      type: 'radio',
      label: trayLabel('other context', foreign ? (kubectl.context ?? '') : ''),
      checked: foreign,
      // The other context can be shown, but not selected.
      enabled: false,
    },
  ];
}

/** The current context, if it is production or limited. */
export function contextText({ context = '', production, limit }: Snapshot['kubectl'], now: number): string {
  const notes = [
    ...(production ? ['production'] : []),
    ...(limit === undefined ? [] : [`${timeLeft(limit.until, now)} left`]),
  ];
  return trayLabel(`${production ? '⚠ ' : ''}Current context: ${context}`, notes.join(', '));
}
