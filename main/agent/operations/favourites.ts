import { AppError } from '../../model/app-error.ts';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import type { ClusterSet } from '../../model/cluster-set.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Lists } from '../favourites/lists.ts';

/** What a shell can ask for about favourites, sets and the groups of the list. */
export interface ListActions {
  favourite(options: {
    readonly cluster: string;
    readonly on: boolean;
  }): Promise<{ favourites: ClusterId[] }>;
  orderFavourites(ids: readonly ClusterId[]): Promise<{ favourites: ClusterId[] }>;
  /**
   * Saves a set, and renames the set `replaces` to it. A cluster that is gone can be named by its id. Rejects with
   * `bad-input` if there are too many sets or a third one has the new name, or as `connect` does if a cluster is not
   * found.
   */
  saveSet(options: {
    readonly name: string;
    readonly clusters: readonly string[];
    readonly replaces?: string | undefined;
  }): Promise<{ sets: ClusterSet[] }>;
  /** Rejects with `bad-input` for a set of the organisation. */
  removeSet(name: string): Promise<{ sets: ClusterSet[] }>;
  /** Replaces the groups that the list shows collapsed. */
  collapseGroups(groups: readonly string[]): Promise<void>;
}

/** Changes favourites and sets of clusters, which users name as elsewhere. */
export function favouriteOperations(options: {
  readonly catalog: Pick<Catalog, 'find'>;
  readonly lists: Lists;
}): ListActions {
  const { catalog, lists } = options;
  const { favourites, sets } = lists;
  const idOf = (word: string): ClusterId => {
    try {
      return catalog.find(word).id;
    } catch (error) {
      // A set may hold a cluster that is gone, until its owner removes it.
      const id = clusterIdSchema.safeParse(word);
      if (id.success && error instanceof AppError && error.code === 'not-found') return id.data;
      throw error;
    }
  };
  return {
    async favourite({ cluster, on }) {
      await favourites.set(on ? catalog.find(cluster).id : idOf(cluster), on);
      return { favourites: [...favourites.list()] };
    },
    async orderFavourites(ids) {
      await favourites.order(ids);
      return { favourites: [...favourites.list()] };
    },
    async saveSet({ name, clusters, replaces }) {
      await sets.save({ name, clusters: clusters.map(idOf), replaces });
      return { sets: [...sets.list()] };
    },
    async removeSet(name) {
      await sets.remove(name);
      return { sets: [...sets.list()] };
    },
    collapseGroups: (groups) => lists.groups.set(groups),
  };
}
