import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { ShellDiscovery } from '../discovery/shell-discovery.ts';

/** Finds clusters by the names that users give. Each function rejects or throws as `Catalog.find` does. */
export interface Clusters {
  /**
   * Searches once for a cluster that the catalog does not know, before rejecting; also with the variables of the caller's
   * shell, if no run has used them yet.
   */
  find(
    words: readonly string[],
    ofShell?: Pick<ShellDiscovery, 'run' | 'hasBegun'>,
  ): Promise<readonly Cluster[]>;
  /** `all` means all that are open. */
  open(words: readonly string[] | 'all'): readonly ClusterId[];
  /** `all` means all with kubeconfig entries of ours. Finds a cluster that no listing contains any more by its id. */
  withEntry(words: readonly string[] | 'all'): readonly ClusterId[];
  /** Returns the cluster as answers name it. */
  named(id: ClusterId): { readonly cluster: ClusterId; readonly title: string };
}

export function createClusters(options: {
  readonly catalog: Pick<Catalog, 'find' | 'get'>;
  readonly schedule: Pick<Schedule, 'isFresh' | 'run'>;
  readonly connections: Pick<Connections, 'open' | 'kept'>;
}): Clusters {
  const { catalog, schedule, connections } = options;
  return {
    async find(words, ofShell) {
      const all = () => [...new Set(words.map((word) => catalog.find(word)))];
      try {
        return all();
      } catch (error) {
        const isNew = ofShell?.hasBegun() === false;
        if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
        if (schedule.isFresh() && !isNew) throw error;
        await Promise.all([
          ...(schedule.isFresh() ? [] : [schedule.run()]),
          ...(isNew ? [ofShell.run()] : []),
        ]);
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

/** Returns the title, or the id if the catalog does not know the cluster any more. */
export function titleOf(catalog: Pick<Catalog, 'get'>, id: ClusterId): string {
  return catalog.get(id)?.title ?? id;
}
