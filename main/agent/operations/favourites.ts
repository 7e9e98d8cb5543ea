import type { Agent } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Favourites } from '../favourites/favourites.ts';
import type { Sets } from '../favourites/sets.ts';

/** Changes favourites and sets of clusters, which users name as elsewhere. */
export function favouriteOperations(options: {
  readonly catalog: Pick<Catalog, 'find'>;
  readonly favourites: Favourites;
  readonly sets: Sets;
}): Pick<Agent, 'favourite' | 'orderFavourites' | 'saveSet' | 'removeSet'> {
  const { catalog, favourites, sets } = options;
  return {
    async favourite({ cluster, on }) {
      await favourites.set(catalog.find(cluster).id, on);
      return { favourites: [...favourites.list()] };
    },
    async orderFavourites(ids) {
      await favourites.order(ids);
      return { favourites: [...favourites.list()] };
    },
    async saveSet({ name, clusters }) {
      await sets.save({ name, clusters: clusters.map((word) => catalog.find(word).id) });
      return { sets: [...sets.list()] };
    },
    async removeSet(name) {
      await sets.remove(name);
      return { sets: [...sets.list()] };
    },
  };
}
