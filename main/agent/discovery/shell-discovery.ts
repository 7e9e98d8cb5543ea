import { toPlainError } from '../../model/app-error.ts';
import { type Cell, type Cluster, type ClusterId, cellId, type Source } from '../../model/cluster.ts';
import type { DiscoveryStatus } from '../../model/discovery-status.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock, Logger } from '../parts.ts';
import { environmentProfile } from '../providers/aws/environment.ts';
import type { CellResult, DiscoverySource } from '../providers/discovery-source.ts';
import { createDiscovery, type Discovery } from './discovery.ts';

/** Discovery with the variables of a shell. It adds to the catalog, and removes nothing. */
export interface ShellDiscovery extends Pick<Discovery, 'complete'> {
  /**
   * Reads every source, or `only` one, and resolves with the results of its locations. A call during a run joins it.
   * `asked` is false if the user does not wait for the run. Rejects as `Discovery.run`.
   */
  run(options?: {
    readonly only?: Source | undefined;
    readonly asked?: boolean;
  }): Promise<{ readonly read: ReadonlySet<string>; readonly failed: readonly Cell[] }>;
  /** Returns whether a run has begun. */
  hasBegun(): boolean;
  /** Returns the cluster with the credential source that a run with these variables has found. */
  own(cluster: Cluster): Cluster;
  close(): void;
}

export function createShellDiscovery(options: {
  /** Creates the sources from the current settings. */
  readonly sources: () => readonly DiscoverySource[];
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStatus: (status: DiscoveryStatus) => void;
}): ShellDiscovery {
  const { sources, catalog, clock, logger, onStatus } = options;
  /** The credential sources may name profiles that only this shell has, so the catalog does not get them. */
  const found = new Map<ClusterId, Cluster['credential']>();
  let current: { readonly discovery: Discovery; readonly results: Map<string, CellResult> } | undefined;

  const begin = () => {
    const results = new Map<string, CellResult>();
    const apply = (result: CellResult) => {
      const { source, account, region } = result.cell;
      results.set(cellId(source, account, region), result);
      const { outcome } = result;
      if (!('clusters' in outcome)) return;
      for (const { id, credential } of outcome.clusters ?? []) found.set(id, credential);
      catalog.addFromShell({
        ...result,
        outcome: { ...outcome, clusters: outcome.clusters?.map(forOthers) ?? [] },
      });
    };
    const discovery = createDiscovery({
      sources: sources(),
      catalog: {
        ...catalog,
        cells: () => catalog.cells().map(({ shell: _, ...cell }) => cell),
        apply,
        settle() {},
        finish() {},
      },
      clock,
      logger,
      onStatus,
    });
    return { discovery, results };
  };

  return {
    async run({ only, asked = true } = {}) {
      if (current === undefined || current.discovery.status().status === 'idle') current = begin();
      const { discovery, results } = current;
      await discovery.run({ asked, only });
      return {
        read: new Set([...results].flatMap(([id, { outcome }]) => (outcome.kind === 'listed' ? [id] : []))),
        failed: [...results].flatMap(([id, { cell, outcome }]) =>
          outcome.kind === 'failed' ? [{ id, ...cell, triedAt: clock.now(), error: outcome.error }] : [],
        ),
      };
    },
    hasBegun: () => current !== undefined,
    complete: (cluster, signal) => (current ?? begin()).discovery.complete(cluster, signal),
    own: (cluster) => (found.has(cluster.id) ? { ...cluster, credential: found.get(cluster.id) } : cluster),
    close: () => current?.discovery.cancel(),
  };
}

/** Returns a cluster for those who do not have the shell's variables: its profiles and sessions may be others' too. */
function forOthers(cluster: Cluster): Cluster {
  const { credential } = cluster;
  if (credential?.kind !== 'eks') return cluster;
  return { ...cluster, credential: { ...credential, ways: [{ kind: 'profile', name: environmentProfile }] } };
}

/** Runs without waiting for the result. */
export function startShellDiscovery(discovery: ShellDiscovery, logger: Logger, only?: Source): void {
  discovery
    .run({ only, asked: false })
    .catch((error: unknown) => logger.warn('Discovery ended', { error: toPlainError(error) }));
}
