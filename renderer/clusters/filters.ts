import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { groupKey } from '../../main/model/group-key.ts';
import { groupsOf } from './groups.ts';
import { clustersText } from './text.ts';

const facets = ['environment', 'cloud', 'account'] as const;
const states = ['favourite', 'connected', 'denied'] as const;

/** Restricts the list. Filters of one facet are alternatives; different facets all have to match. */
export interface Filter {
  /** Unique among the filters. */
  readonly id: string;
  readonly facet: (typeof facets)[number] | (typeof states)[number];
  readonly title: string;
}

export interface FilterGroup {
  readonly title: string;
  readonly filters: readonly Filter[];
}

/** Returns the filters that these clusters offer. */
export function filtersOf(clusters: readonly Cluster[]): readonly FilterGroup[] {
  return [
    {
      title: clustersText.filters.state,
      filters: states.map((facet) => ({ id: facet, facet, title: clustersText.filters.states[facet] })),
    },
    ...facets.map((facet) => ({
      title: clustersText.filters.facets[facet],
      filters: groupsOf(clusters, facet).map(({ id, title }) => ({ id, facet, title })),
    })),
  ].filter(({ filters }) => filters.length > 1);
}

export function passes(
  cluster: Cluster,
  filters: readonly Filter[],
  facts: {
    readonly open: ReadonlySet<ClusterId>;
    readonly favourites: ReadonlySet<ClusterId>;
    readonly isDenied: (cluster: Cluster) => boolean;
  },
): boolean {
  const fits = ({ facet, id }: Filter): boolean => {
    switch (facet) {
      case 'favourite':
        return facts.favourites.has(cluster.id);
      case 'connected':
        return facts.open.has(cluster.id);
      case 'denied':
        return facts.isDenied(cluster);
      default:
        return id === `${facet} ${groupKey(cluster, facet)}`;
    }
  };
  return filters.every((filter) => filters.some((other) => other.facet === filter.facet && fits(other)));
}
