import type { Cluster } from '../../model/cluster.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DiscoverySource } from '../providers/discovery-source.ts';
import { tellGone } from '../providers/gone.ts';

/**
 * A source as the organisation wants it: its production clusters are marked, and one that is switched off finds
 * nothing, so that what was known of it goes.
 */
export function sourceUnder(
  source: DiscoverySource,
  organisation: Organisation | undefined,
): DiscoverySource {
  if (organisation === undefined) return source;
  const kind = source.source;
  if (kind !== 'file' && organisation.sources?.[kind]?.enabled === false)
    return { source: kind, discover: async (run) => tellGone(run, () => true) };
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

/** The cluster with the organisation's word on whether it is production; the same one where nothing changes. */
export function clusterUnder(cluster: Cluster, organisation: Organisation | undefined): Cluster {
  const { production, ...rest } = cluster;
  const isProduction = organisation?.production.environments.some(
    (name) => name.toLowerCase() === cluster.environment?.toLowerCase(),
  );
  if (production === isProduction) return cluster;
  return isProduction === undefined ? rest : { ...rest, production: isProduction };
}

/** Marks the production clusters of the catalog as the organisation says now. */
export function markProduction(
  catalog: Pick<Catalog, 'clusters' | 'update'>,
  organisation: Organisation | undefined,
): void {
  for (const cluster of catalog.clusters()) {
    const marked = clusterUnder(cluster, organisation);
    if (marked !== cluster) catalog.update(marked);
  }
}
