import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { isSelected, pairsIn, type TagPair } from '../../model/cluster-selector.ts';
import type { ClusterSet } from '../../model/cluster-set.ts';
import type { OrganisationSets } from '../../model/organisation-sets.ts';
import { mostInSet } from '../../model/set-limits.ts';
import type { CatalogChange } from '../catalog/catalog.ts';

interface Selection {
  readonly name: string;
  readonly pairs: readonly TagPair[];
  /** The titles of the clusters that have the values, by id. */
  readonly members: Map<ClusterId, string>;
}

/** The sets of an organisation, with the clusters that have their tags now. */
export interface ResolvedSets {
  /** Returns the sets that have a cluster. Omits those with more than `mostInSet`. */
  list(): readonly ClusterSet[];
  /** Follows a change of the catalog. Looks only at the changed clusters, because a discovery has thousands. */
  hear(change: Pick<CatalogChange, 'upserted' | 'removed'>): void;
  /** Takes the sets of another configuration. */
  define(sets: OrganisationSets): void;
}

export function createResolvedSets(options: {
  readonly clusters: () => readonly Cluster[];
  /** Called once for each set whose tags select more clusters than a set has. */
  readonly onTooLarge: (name: string, count: number) => void;
}): ResolvedSets {
  const { clusters, onTooLarge } = options;
  let fixed: readonly ClusterSet[] = [];
  let selections: readonly Selection[] = [];
  const reported = new Set<string>();

  const hear: ResolvedSets['hear'] = ({ upserted, removed }) => {
    for (const { pairs, members } of selections) {
      for (const id of removed) members.delete(id);
      for (const cluster of upserted)
        if (isSelected(cluster, pairs)) members.set(cluster.id, cluster.title);
        else members.delete(cluster.id);
    }
  };
  return {
    list() {
      const selected = selections.flatMap(({ name, members }): ClusterSet[] => {
        if (members.size > mostInSet && !reported.has(name)) {
          reported.add(name);
          onTooLarge(name, members.size);
        }
        if (members.size === 0 || members.size > mostInSet) return [];
        const ids = [...members].sort(([a, one], [b, other]) => one.localeCompare(other) || (a < b ? -1 : 1));
        return [{ name, clusters: ids.map(([id]) => id), organisation: true }];
      });
      return [...fixed, ...selected];
    },
    hear,
    define(sets) {
      reported.clear();
      fixed = sets.flatMap(({ name, clusters: ids }) =>
        ids === undefined ? [] : [{ name, clusters: [...new Set(ids)], organisation: true as const }],
      );
      selections = sets.flatMap(({ name, tags }) =>
        tags === undefined ? [] : [{ name, pairs: pairsIn(tags), members: new Map() }],
      );
      hear({ upserted: clusters(), removed: [] });
    },
  };
}
