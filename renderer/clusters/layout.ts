import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { GroupBy } from '../../main/model/group-key.ts';
import type { Settings } from '../../main/model/settings.ts';
import { groupsOf } from './groups.ts';
import { clustersText } from './text.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly clusters: readonly Cluster[];
  /** Number of removed clusters that are still shown because of the pointer; not counted. */
  readonly gone?: number;
  /** The number at its head, if the pointer holds rows that belong to other sections. */
  readonly count?: number;
}

/** Counts the clusters of these sections. */
export function countOf(sections: readonly Section[]): number {
  return sections.reduce((sum, { clusters, gone = 0 }) => sum + clusters.length - gone, 0);
}

/**
 * Orders the sections: connected, favourites, groups, clusters without a tunnel, and those that policies deny for good.
 * Omits empty sections.
 */
export function layoutOf(options: {
  /** By title. */
  readonly clusters: readonly Cluster[];
  readonly open: ReadonlySet<ClusterId>;
  readonly favourites: readonly ClusterId[];
  readonly order: Settings['favouritesOrder'];
  readonly groupBy: GroupBy;
  readonly isDenied: (cluster: Cluster) => boolean;
}): readonly Section[] {
  const { clusters, open, favourites, order, groupBy, isDenied } = options;
  const rank = new Map(favourites.map((id, index) => [id, index]));
  const connected: Cluster[] = [];
  const starred: Cluster[] = [];
  const without: Cluster[] = [];
  const denied: Cluster[] = [];
  const others: Cluster[] = [];
  for (const cluster of clusters) {
    if (open.has(cluster.id)) connected.push(cluster);
    else if (cluster.reach.kind === 'none') without.push(cluster);
    else if (isDenied(cluster)) denied.push(cluster);
    else if (rank.has(cluster.id)) starred.push(cluster);
    else others.push(cluster);
  }
  if (order === 'own') starred.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0));
  return [
    { id: 'connected', title: clustersText.sections.connected, clusters: connected },
    { id: 'favourites', title: clustersText.sections.favourites, clusters: starred },
    ...groupsOf(others, groupBy),
    { id: 'no-tunnel', title: clustersText.sections.noTunnel, clusters: without },
    { id: 'denied', title: clustersText.sections.denied, clusters: denied },
  ].filter((section) => section.clusters.length > 0);
}

// Shared by all comparisons: `localeCompare` with options creates one each time.
const { compare } = new Intl.Collator(undefined, { numeric: true });

/** Sorts by title; numbers within titles compare as numbers. */
export function byTitle(clusters: Iterable<Cluster>): readonly Cluster[] {
  return [...clusters].sort((a, b) => compare(a.title, b.title) || compare(a.id, b.id));
}
