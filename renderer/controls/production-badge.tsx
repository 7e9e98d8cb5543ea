import type { Cluster } from '../../main/agent/catalog/cluster.ts';
import { isProduction } from '../../main/agent/catalog/is-production.ts';
import { text } from '../text/text.ts';

/** Production is marked the same way everywhere. */
export function ProductionBadge({
  cluster,
}: {
  readonly cluster: Pick<Cluster, 'environment' | 'production'>;
}) {
  return isProduction(cluster) ? <span className="badge production">{text.production}</span> : null;
}
