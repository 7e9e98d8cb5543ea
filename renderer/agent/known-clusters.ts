import type { ClusterId } from '../../main/model/cluster.ts';
import type { PageStore } from './page-store.ts';
import { agentText } from './text.ts';

/** A cluster's title; its id where the catalog does not have it any more. */
export function titleOf(store: PageStore, id: ClusterId): string {
  return store.get().agent?.clusters.get(id)?.title ?? id;
}

/** One cluster by its title, several by their number. */
export function titlesOf(store: PageStore, ids: readonly ClusterId[]): string {
  return agentText.several(ids.map((id) => titleOf(store, id)));
}
