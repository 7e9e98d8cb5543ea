import type { MenuItemConstructorOptions } from 'electron';
import { accountText } from '../model/account-name.ts';
import type { Snapshot } from '../model/agent-view.ts';
import type { Cluster } from '../model/cluster.ts';
import { type GroupBy, groupKey } from '../model/group-key.ts';
import { isDeniedForGood } from '../model/is-denied-for-good.ts';
import { sourceTitles } from '../model/sources.ts';
import { trayText } from './tray-label.ts';

/** A group of clusters, as the window has it. */
interface Group {
  /** Undefined for all clusters, which are in no group. */
  readonly title: string | undefined;
  readonly clusters: readonly Cluster[];
}

/**
 * Groups the clusters as the window does: by the user's choice, those without a group last, then those without a tunnel and
 * those that policies deny.
 */
export function trayGroups({
  clusters,
  policies,
  settings: { listGroup },
}: Pick<Snapshot, 'clusters' | 'policies' | 'settings'>): readonly Group[] {
  const denied = new Set(policies.filter(isDeniedForGood).map(({ hostname }) => hostname));
  const kinds = Map.groupBy(clusters, ({ reach }) =>
    reach.kind === 'none'
      ? 'none'
      : reach.kind === 'tunnel' && denied.has(reach.hostname)
        ? 'denied'
        : 'open',
  );
  const keyed = [...Map.groupBy(kinds.get('open') ?? [], (cluster) => groupKey(cluster, listGroup))];
  const groups = keyed
    .map(([key, members]) => ({ key, title: titleOf(key, members, listGroup), clusters: sorted(members) }))
    .sort((a, b) => Number(a.key === '') - Number(b.key === '') || compare(a.title ?? '', b.title ?? ''));
  return [
    ...groups.map(({ title, clusters: members }) => ({ title, clusters: members })),
    { title: 'No tunnel', clusters: sorted(kinds.get('none') ?? []) },
    { title: 'No access', clusters: sorted(kinds.get('denied') ?? []) },
  ].filter((group) => group.clusters.length > 0);
}

/** Builds a submenu for each group. */
export function groupItems(
  groups: readonly Group[],
  item: (cluster: Cluster) => MenuItemConstructorOptions,
): MenuItemConstructorOptions[] {
  return groups.flatMap(({ title, clusters }) => {
    const items = clusters.map(item);
    return title === undefined ? items : [{ label: trayText(title), submenu: items }];
  });
}

function titleOf(key: string, members: readonly Cluster[], by: GroupBy): string | undefined {
  // Some may have been discovered before the account's name was known.
  const one = members.find(({ accountName }) => accountName !== undefined) ?? members[0];
  if (one === undefined || by === 'none') return undefined;
  if (by === 'account') return `${sourceTitles[one.source]} · ${accountText(one)}`;
  if (by === 'cloud') return sourceTitles[one.source];
  return key === '' ? `No ${by}` : key;
}

function sorted(clusters: readonly Cluster[]): readonly Cluster[] {
  return clusters.toSorted((a, b) => compare(a.title, b.title) || a.id.localeCompare(b.id));
}

// Numbers within names compare as numbers, as in the window.
const { compare } = new Intl.Collator(undefined, { numeric: true });
