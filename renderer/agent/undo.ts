import { titleOf } from './known-clusters.ts';
import type { SwitchTo } from './kubeconfig-actions.ts';
import type { Link } from './link.ts';
import type { PageStore, Undoable } from './page-store.ts';
import type { Reports } from './reports.ts';
import { agentText } from './text.ts';
import type { createTunnelActions } from './tunnel-actions.ts';

/** Undoes what was done last, where that can be undone. What fails becomes a problem; never rejects. */
export function createUndo({
  link,
  store,
  reports,
  connectAll,
  switchTo,
}: {
  readonly link: Link;
  readonly store: PageStore;
  readonly reports: Reports;
  readonly connectAll: ReturnType<typeof createTunnelActions>['connectAll'];
  readonly switchTo: SwitchTo;
}): () => Promise<void> {
  const reconnect = async ({
    clusters,
    current,
    until,
  }: Extract<Undoable, { readonly kind: 'disconnected' }>) => {
    // `add`: the current context stays until the one that was current is connected again.
    const connected = await connectAll(clusters, { mode: 'add' });
    const minutes = until === undefined ? undefined : Math.ceil((until - Date.now()) / 60_000);
    const isOver = minutes !== undefined && minutes <= 0;
    // It was current a moment ago: the user has confirmed it.
    if (current !== undefined && connected?.has(current) && !isOver)
      await switchTo(current, { production: true, ...(minutes === undefined ? {} : { minutes }) });
  };
  return async () => {
    const undoable = store.get().done?.undoable;
    reports.done(undefined);
    switch (undoable?.kind) {
      case 'disconnected':
        return reconnect(undoable);
      case 'switched':
        // Another one may be current by now.
        if (store.get().agent?.kubectl.cluster !== undoable.cluster) return;
        return reports.attempt(agentText.problems.switchBack, () =>
          // What comes back was current a moment ago: the user has confirmed it.
          link.call('switch', { cluster: '-', production: true }),
        );
      case 'unstarred': {
        const { cluster, favourites } = undoable;
        return reports.attempt(agentText.problems.star(titleOf(store, cluster)), async () => {
          await link.call('favourite', { cluster, on: true });
          await link.call('favourites-order', { favourites: [...favourites] });
        });
      }
      case 'setRemoved': {
        const { name, clusters } = undoable.set;
        return reports.attempt(agentText.problems.saveSet(name), () =>
          link.call('set-save', { name, clusters: [...clusters] }),
        );
      }
    }
  };
}
