import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../../model/cluster.ts';
import { isSelected, pairsIn } from '../../model/cluster-selector.ts';
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
 * Returns the cluster with the organisation's decisions: whether it is production, and what its rules say; the same
 * object if nothing changes.
 */
export function clusterUnder(cluster: Cluster, organisation: Organisation | undefined): Cluster {
  const { production, byOrganisation, ...rest } = cluster;
  const isProduction = organisation?.production.environments.some(
    (name) => name.toLowerCase() === cluster.environment?.toLowerCase(),
  );
  const ruled = ruledBy(cluster, organisation);
  if (production === isProduction && isDeepStrictEqual(byOrganisation, ruled)) return cluster;
  return {
    ...rest,
    ...(isProduction === undefined ? {} : { production: isProduction }),
    ...(ruled === undefined ? {} : { byOrganisation: ruled }),
  };
}

/** Returns what the first rule that matches says, and the default namespace, which is no setting of users. */
function ruledBy(cluster: Cluster, organisation: Organisation | undefined): Cluster['byOrganisation'] {
  const { rules = [], defaults: { namespace } = {} } = organisation ?? {};
  const at = rules.findIndex(({ when }) => isSelected(cluster, pairsIn(when)));
  const { connector, settings } = rules[at] ?? {};
  const said = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(connector === undefined ? {} : { connector }),
    ...settings,
  };
  if (Object.keys(said).length === 0) return undefined;
  return { ...(at === -1 ? {} : { rule: at + 1 }), ...said };
}

/**
 * Applies the current organisation's decisions to the catalog's clusters. Returns whether what kubeconfig entries say may
 * have changed.
 */
export function applyToCatalog(
  catalog: Pick<Catalog, 'clusters' | 'update'>,
  organisation: Organisation | undefined,
): boolean {
  let changesEntries = false;
  for (const cluster of catalog.clusters()) {
    const marked = clusterUnder(cluster, organisation);
    if (marked === cluster) continue;
    catalog.update(marked);
    changesEntries ||= !isDeepStrictEqual(marked.byOrganisation, cluster.byOrganisation);
  }
  return changesEntries;
}
