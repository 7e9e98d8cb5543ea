import type { Cluster } from '../../model/cluster.ts';
import type { DiscoverySource } from './discovery-source.ts';

/**
 * Tells of every place with clusters to which nothing leads any more, because the configuration itself says so: what
 * was known there goes. A sign-in that is over, or a place that does not answer, is no such word.
 */
export function tellGone(
  run: Pick<Parameters<DiscoverySource['discover']>[0], 'known' | 'onPlanned' | 'onCell'>,
  isGone: (cluster: Cluster) => boolean,
): void {
  const places = new Map(
    run.known
      .filter(isGone)
      .map(({ source, account, region }) => [`${account}\n${region}`, { source, account, region }]),
  );
  run.onPlanned(places.size);
  for (const cell of places.values()) run.onCell({ cell, outcome: { kind: 'listed', clusters: [] } });
}
