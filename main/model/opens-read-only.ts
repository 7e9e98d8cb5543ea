import type { Cluster } from './cluster.ts';
import { isProduction } from './is-production.ts';

/** The setting that decides whether production clusters open read-only. */
export interface ReadOnlyProduction {
  readonly productionReadOnly?: boolean | undefined;
}

/**
 * Returns true for a production cluster that opens read-only until its user unlocks it for a time. An organisation's rule is
 * part of the setting, which a user can switch on but not off then.
 */
export function opensReadOnly(
  cluster: Pick<Cluster, 'environment' | 'production'>,
  { productionReadOnly = false }: ReadOnlyProduction,
): boolean {
  return productionReadOnly && isProduction(cluster);
}
