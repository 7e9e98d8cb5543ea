import type { Cluster, ClusterId } from '../../main/agent/catalog/cluster.ts';
import type { Settings } from '../../main/agent/settings/settings.ts';
import { text } from '../text/text.ts';
import { accountWords } from './cluster-words.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly clusters: readonly Cluster[];
}

/** Connected on top, then favourites, then by account, and at the end what has no tunnel. Empty sections are left out. */
export function layoutOf(options: {
  readonly clusters: Iterable<Cluster>;
  readonly open: ReadonlySet<ClusterId>;
  readonly favourites: readonly ClusterId[];
  readonly order: Settings['favouritesOrder'];
}): readonly Section[] {
  const { clusters, open, favourites, order } = options;
  const rank = new Map(favourites.map((id, index) => [id, index]));
  const connected: Cluster[] = [];
  const starred: Cluster[] = [];
  const without: Cluster[] = [];
  const accounts = new Map<string, Cluster[]>();
  for (const cluster of [...clusters].sort(byTitle)) {
    if (open.has(cluster.id)) connected.push(cluster);
    else if (cluster.reach.kind === 'none') without.push(cluster);
    else if (rank.has(cluster.id)) starred.push(cluster);
    else {
      const title = accountWords(cluster);
      const group = accounts.get(title);
      if (group === undefined) accounts.set(title, [cluster]);
      else group.push(cluster);
    }
  }
  if (order === 'own') starred.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0));
  const groups = [...accounts].sort(([a], [b]) => a.localeCompare(b));
  return [
    { id: 'connected', title: text.sections.connected, clusters: connected },
    { id: 'favourites', title: text.sections.favourites, clusters: starred },
    ...groups.map(([title, group]) => ({ id: `account ${title}`, title, clusters: group })),
    { id: 'no-tunnel', title: text.sections.noTunnel, clusters: without },
  ].filter((section) => section.clusters.length > 0);
}

function byTitle(a: Cluster, b: Cluster): number {
  return a.title.localeCompare(b.title, undefined, { numeric: true }) || a.id.localeCompare(b.id);
}
