import type { Cluster } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { controlsText } from './text.ts';

/** Marks production clusters the same way everywhere. */
export function ProductionBadge({
  cluster,
}: {
  readonly cluster: Pick<Cluster, 'environment' | 'production'>;
}) {
  return isProduction(cluster) ? <span className="badge production">{controlsText.production}</span> : null;
}
