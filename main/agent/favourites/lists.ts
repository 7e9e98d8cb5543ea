import type { Catalog } from '../catalog/catalog.ts';
import type { OrganisationKeeper } from '../organisation/organisation.ts';
import type { Logger } from '../parts.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';
import { type CollapsedGroups, createCollapsedGroups } from './collapsed-groups.ts';
import { createFavourites, type Favourites } from './favourites.ts';
import { createResolvedSets } from './organisation-sets.ts';
import { createSets, type Sets } from './sets.ts';

/** What the user keeps of the list: favourites, sets, and collapsed groups. */
export interface Lists {
  readonly favourites: Favourites;
  readonly sets: Sets;
  readonly groups: CollapsedGroups;
  /** Takes the sets of the organisation's current configuration. */
  follow(): void;
}

/** Reads them from disk and shows them in the state, now and when they change. */
export async function createLists(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly state: Pick<State, 'set'>;
  readonly notices: Pick<Notices, 'addOnce'>;
  readonly catalog: Pick<Catalog, 'clusters' | 'onChange'>;
  readonly organisation: Pick<OrganisationKeeper, 'current'>;
}): Promise<Lists> {
  const { state, notices, catalog, organisation } = options;
  const resolved = createResolvedSets({
    clusters: catalog.clusters,
    onTooLarge: (name, count) =>
      notices.addOnce(
        'warning',
        `The set "${name}" of your organisation matches ${count} clusters and is not shown: a set has at most 50. Its administrator can narrow its tags.`,
      ),
  });
  const define = () => resolved.define(organisation.current()?.sets ?? []);
  define();
  const favourites = await createFavourites({
    ...options,
    onChange: (list) => state.set({ favourites: [...list] }),
  });
  const sets = await createSets({
    ...options,
    others: resolved.list,
    onChange: (list) => state.set({ sets: [...list] }),
  });
  const groups = await createCollapsedGroups({
    ...options,
    onChange: (list) => state.set({ collapsedGroups: [...list] }),
  });
  catalog.onChange((change) => {
    resolved.hear(change);
    sets.renew();
  });
  state.set({
    favourites: [...favourites.list()],
    sets: [...sets.list()],
    collapsedGroups: [...groups.list()],
  });
  return {
    favourites,
    sets,
    groups,
    follow() {
      define();
      sets.renew();
    },
  };
}
