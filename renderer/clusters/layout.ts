import type { Cluster, ClusterId } from '../../main/agent/catalog/cluster.ts';
import type { Settings } from '../../main/agent/settings/settings.ts';
import { text } from '../text/text.ts';
import { accountWords } from './cluster-words.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly clusters: readonly Cluster[];
}

/**
 * Connected on top, then favourites, then by account, then what has no tunnel, and at the end what the person's policies
 * deny. Empty sections are left out.
 */
export function layoutOf(options: {
  /** By title. */
  readonly clusters: readonly Cluster[];
  readonly open: ReadonlySet<ClusterId>;
  readonly favourites: readonly ClusterId[];
  readonly order: Settings['favouritesOrder'];
  readonly isDenied: (cluster: Cluster) => boolean;
}): readonly Section[] {
  const { clusters, open, favourites, order, isDenied } = options;
  const rank = new Map(favourites.map((id, index) => [id, index]));
  const connected: Cluster[] = [];
  const starred: Cluster[] = [];
  const without: Cluster[] = [];
  const denied: Cluster[] = [];
  const accounts = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    if (open.has(cluster.id)) connected.push(cluster);
    else if (cluster.reach.kind === 'none') without.push(cluster);
    else if (isDenied(cluster)) denied.push(cluster);
    else if (rank.has(cluster.id)) starred.push(cluster);
    else {
      const account = `${cluster.source} ${cluster.account}`;
      const group = accounts.get(account);
      if (group === undefined) accounts.set(account, [cluster]);
      else group.push(cluster);
    }
  }
  if (order === 'own') starred.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0));
  const groups = [...accounts].map(([account, group]) => ({
    id: `account ${account}`,
    title: titleOf(group),
    clusters: group,
  }));
  const titles = Map.groupBy(groups, ({ title }) => title);
  for (const group of groups)
    if ((titles.get(group.title)?.length ?? 0) > 1)
      group.title = `${group.title} (${group.clusters[0]?.account ?? ''})`;
  groups.sort((a, b) => a.title.localeCompare(b.title) || a.id.localeCompare(b.id));
  return [
    { id: 'connected', title: text.sections.connected, clusters: connected },
    { id: 'favourites', title: text.sections.favourites, clusters: starred },
    ...groups,
    { id: 'no-tunnel', title: text.sections.noTunnel, clusters: without },
    { id: 'denied', title: text.sections.denied, clusters: denied },
  ].filter((section) => section.clusters.length > 0);
}

/** Some may have been read before the account's name was known. */
function titleOf(group: readonly Cluster[]): string {
  const [first] = group;
  const named = group.find(({ accountName }) => accountName !== undefined) ?? first;
  return named === undefined ? '' : accountWords(named);
}

// One for all comparisons: `localeCompare` with options makes another each time.
const { compare } = new Intl.Collator(undefined, { numeric: true });

/** Numbers within titles count as numbers. */
export function byTitle(clusters: Iterable<Cluster>): readonly Cluster[] {
  return [...clusters].sort((a, b) => compare(a.title, b.title) || compare(a.id, b.id));
}
