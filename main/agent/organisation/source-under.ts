import type { Cluster } from '../../model/cluster.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DiscoverySource } from '../providers/discovery-source.ts';
import { reportGone } from '../providers/gone.ts';

/**
 * Applies the organisation's rules to a source: marks its production clusters. A source that is switched off finds
 * nothing, so its known clusters are removed.
 */
export function sourceUnder(
  source: DiscoverySource,
  organisation: Organisation | undefined,
): DiscoverySource {
  if (organisation === undefined) return source;
  const kind = source.source;
  if (kind !== 'file' && kind !== 'catalog' && organisation.sources?.[kind]?.enabled === false)
    return { source: kind, discover: async (run) => reportGone(run, () => true) };
  return {
    ...source,
    discover: (run) =>
      source.discover({
        ...run,
        tagPrefix: organisation.tagPrefix,
        onCell({ cell, outcome }) {
          if (!('clusters' in outcome) || outcome.clusters === undefined)
            return run.onCell({ cell, outcome });
          const clusters = outcome.clusters.map((cluster) => clusterUnder(cluster, organisation));
          run.onCell({ cell, outcome: { ...outcome, clusters } });
        },
      }),
  };
}

/**
 * Returns the cluster with the organisation's decision on whether it is production; the same object if nothing changes.
 */
export function clusterUnder(cluster: Cluster, organisation: Organisation | undefined): Cluster {
  const { production, ...rest } = cluster;
  const isProduction = organisation?.production.environments.some(
    (name) => name.toLowerCase() === cluster.environment?.toLowerCase(),
  );
  if (production === isProduction) return cluster;
  return isProduction === undefined ? rest : { ...rest, production: isProduction };
}

/** Marks the catalog's production clusters by the current organisation. */
export function markProduction(
  catalog: Pick<Catalog, 'clusters' | 'update'>,
  organisation: Organisation | undefined,
): void {
  for (const cluster of catalog.clusters()) {
    const marked = clusterUnder(cluster, organisation);
    if (marked !== cluster) catalog.update(marked);
  }
}
