import type { ClusterId } from '../../model/cluster.ts';
import { isProduction } from '../../model/is-production.ts';
import type { Agent } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { EditView } from '../kubeconfig/changes.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import type { State } from '../state/state.ts';
import type { Clusters } from './clusters.ts';

/** Shows the contexts of the caller's kubeconfig and our edits of it, and takes edits back. */
export function kubeconfigOperations(options: {
  readonly clusters: Pick<Clusters, 'find' | 'named'>;
  readonly catalog: Pick<Catalog, 'get'>;
  readonly kubeconfig: Pick<Kubeconfig, 'contexts' | 'current' | 'edits' | 'diff' | 'undo'>;
  readonly connections: Pick<Connections, 'open' | 'kept' | 'preview' | 'follow' | 'repairEntries'>;
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'sourceFor' | 'look'>;
  readonly state: Pick<State, 'get'>;
}): Pick<
  Agent,
  | 'contexts'
  | 'connectPreview'
  | 'kubeconfigHistory'
  | 'kubeconfigDiff'
  | 'kubeconfigUndo'
  | 'kubeconfigRepair'
> {
  const { clusters, catalog, kubeconfig, connections, restored, current, state } = options;
  return {
    async contexts(caller) {
      const source = current.sourceFor(caller);
      const now = await kubeconfig.current(source);
      const open = connections.open();
      const contexts = (await kubeconfig.contexts(source)).map(({ name, id, file }) => {
        const known = id === undefined ? undefined : catalog.get(id as ClusterId);
        const status =
          id === undefined ? 'other' : open.includes(id as ClusterId) ? 'connected' : 'on-demand';
        return {
          name,
          file,
          status: status as 'other' | 'connected' | 'on-demand',
          ...(name === now.context ? { current: true as const } : {}),
          ...(id === undefined ? {} : clusters.named(id as ClusterId)),
          ...(isProduction(known ?? {}) ? { production: true as const } : {}),
        };
      });
      return { contexts };
    },
    async connectPreview({ clusters: words, place: caller, ...how }) {
      await restored;
      const { stays, left, ...preview } = await connections.preview({
        ...how,
        clusters: await clusters.find(words),
        source: current.sourceFor(caller),
        switches: state.get().settings.kubeconfigMode === 'switch',
      });
      const named = (list: typeof stays) => list.map(({ id }) => clusters.named(id));
      return { ...preview, stays: named(stays), left: named(left) };
    },
    kubeconfigHistory: async (caller) => ({
      edits: (await kubeconfig.edits(current.sourceFor(caller))).map(viewOf),
    }),
    kubeconfigDiff: async ({ place: caller, id }) => ({
      diff: await kubeconfig.diff(current.sourceFor(caller), id),
    }),
    async kubeconfigUndo({ place: caller, id }) {
      await restored;
      const source = current.sourceFor(caller);
      const { edit, removed, added } = await kubeconfig.undo(source, id);
      const { warnings } = await connections.follow(source, {
        removed: removed as readonly ClusterId[],
        added: added as readonly ClusterId[],
      });
      await current.look();
      return { edit: viewOf(edit), warnings: [...warnings] };
    },
    async kubeconfigRepair() {
      await restored;
      return { repaired: (await connections.repairEntries()).map((id) => clusters.named(id)) };
    },
  };
}

function viewOf({ current, undoes, isUndone, added, removed, ...edit }: EditView) {
  const { from, to } = current ?? {};
  return {
    ...edit,
    added: [...added],
    removed: [...removed],
    ...(current === undefined
      ? {}
      : {
          current: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
        }),
    ...(isUndone ? { undone: true as const } : {}),
    ...(undoes === undefined ? {} : { undoes }),
  };
}
