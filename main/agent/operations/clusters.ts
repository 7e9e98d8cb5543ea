import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Schedule } from '../discovery/schedule.ts';

/** Finds clusters by what users call them. Each function rejects or throws as `Catalog.find` does. */
export interface Clusters {
  /** One that the catalog does not know is looked for once before it is called unknown. */
  find(words: readonly string[]): Promise<readonly Cluster[]>;
  /** `all` are those that are open. */
  open(words: readonly string[] | 'all'): readonly ClusterId[];
  /** `all` are those whose kubeconfig entries are ours. One that no listing names any more is found by its id. */
  withEntry(words: readonly string[] | 'all'): readonly ClusterId[];
  /** As answers name it. */
  named(id: ClusterId): { readonly cluster: ClusterId; readonly title: string };
}

export function createClusters(options: {
  readonly catalog: Pick<Catalog, 'find' | 'get'>;
  readonly schedule: Pick<Schedule, 'isFresh' | 'run'>;
  readonly connections: Pick<Connections, 'open' | 'kept'>;
}): Clusters {
  const { catalog, schedule, connections } = options;
  return {
    async find(words) {
      const all = () => [...new Set(words.map((word) => catalog.find(word)))];
      try {
        return all();
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'not-found' || schedule.isFresh()) throw error;
        await schedule.run();
        return all();
      }
    },
    open: (words) => (words === 'all' ? connections.open() : words.map((word) => catalog.find(word).id)),
    withEntry(words) {
      const ours = [...connections.open(), ...connections.kept()];
      if (words === 'all') return ours;
      return words.map((word) => ours.find((id) => id === word) ?? catalog.find(word).id);
    },
    named: (id) => ({ cluster: id, title: titleOf(catalog, id) }),
  };
}

/** The id where the catalog does not know the cluster any more. */
export function titleOf(catalog: Pick<Catalog, 'get'>, id: ClusterId): string {
  return catalog.get(id)?.title ?? id;
}
