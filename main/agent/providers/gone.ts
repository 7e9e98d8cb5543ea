import type { Cluster } from '../../model/cluster.ts';
import type { DiscoverySource } from './discovery-source.ts';

/**
 * Reports locations with known clusters as empty if the configuration itself no longer includes them, so that their
 * clusters are removed. An expired session or a location that does not answer is not such a case.
 */
export function reportGone(
  run: Pick<Parameters<DiscoverySource['discover']>[0], 'known' | 'onPlanned' | 'onCell'>,
  isGone: (cluster: Cluster) => boolean,
): void {
  const locations = new Map(
    run.known
      .filter(isGone)
      .map(({ source, account, region }) => [`${account}\n${region}`, { source, account, region }]),
  );
  run.onPlanned(locations.size);
  for (const cell of locations.values()) run.onCell({ cell, outcome: { kind: 'listed', clusters: [] } });
}
