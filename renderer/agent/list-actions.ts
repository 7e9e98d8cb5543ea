import type { ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import type { Settings } from '../../main/model/settings.ts';
import { titleOf } from './known-clusters.ts';
import type { Link } from './link.ts';
import type { PageStore } from './page-store.ts';
import type { Reports } from './reports.ts';
import { agentText } from './text.ts';

/** What a user can do with the list. What fails becomes a problem that the page shows, unless it rejects. */
export interface ListActions {
  star(id: ClusterId, on: boolean): Promise<void>;
  order(favourites: readonly ClusterId[]): Promise<void>;
  groupBy(group: Settings['listGroup']): Promise<void>;
  /** Replaces the groups that are collapsed. */
  collapse(groups: readonly string[]): Promise<void>;
  /** Saves a set, and renames the set `replaces` to it. Rejects. */
  saveSet(set: ClusterSet, replaces?: string): Promise<void>;
  removeSet(set: ClusterSet): Promise<void>;
  discover(): Promise<void>;
  /** Reports the clusters in view, whose policies the agent then looks up. Shows nothing where that fails. */
  lookUpPolicies(clusters: readonly ClusterId[]): void;
}

export function createListActions({
  link,
  store,
  reports,
}: {
  readonly link: Link;
  readonly store: PageStore;
  readonly reports: Reports;
}): ListActions {
  return {
    async star(id, on) {
      const favourites = store.get().agent?.favourites ?? [];
      const title = titleOf(store, id);
      await reports.attempt(agentText.problems.star(title), async () => {
        await link.call('favourite', { cluster: id, on });
        const undoable = { kind: 'unstarred', cluster: id, favourites } as const;
        reports.done(on ? undefined : { title: agentText.done.unstarred(title), undoable });
      });
    },
    order: (favourites) =>
      reports.attempt(agentText.problems.order, () =>
        link.call('favourites-order', { favourites: [...favourites] }),
      ),
    groupBy: (listGroup) =>
      reports.attempt(agentText.problems.group, () => link.call('settings-set', { listGroup })),
    collapse: (groups) =>
      reports.attempt(agentText.problems.collapse, () =>
        link.call('groups-collapse', { groups: [...groups] }),
      ),
    async saveSet({ name, clusters }, replaces) {
      const renamed = replaces === undefined ? {} : { replaces };
      await link.call('set-save', { name, clusters: [...clusters], ...renamed });
      reports.done({ title: agentText.done.saved(name) });
    },
    removeSet: (set) =>
      reports.attempt(agentText.problems.removeSet(set.name), async () => {
        await link.call('set-remove', { name: set.name });
        reports.done({ title: agentText.done.removed(set.name), undoable: { kind: 'setRemoved', set } });
      }),
    discover: () => reports.attempt(agentText.problems.discover, () => link.call('discover', {})),
    lookUpPolicies(clusters) {
      link.call('policies', { clusters: [...clusters] }).catch(() => {});
    },
  };
}
