import { AppError } from '../app-error.ts';
import type { Cluster } from '../catalog/cluster.ts';
import { isProduction } from '../catalog/is-production.ts';

/**
 * Whether kubectl may be moved to the cluster: to a production one only when the person confirmed it, or when kubectl
 * is there already. `current` is the id of the cluster that kubectl uses.
 */
export function mayBecomeCurrent(options: {
  readonly cluster: Cluster;
  readonly confirmed: boolean;
  readonly current: string | undefined;
}): boolean {
  const { cluster, confirmed, current } = options;
  return confirmed || !isProduction(cluster) || cluster.id === current;
}

export function productionUnconfirmed({ title }: Cluster, hint: string): AppError {
  return new AppError(
    'production-unconfirmed',
    `${title} is a production cluster: kubectl is moved to it only when you confirm that.`,
    { hint },
  );
}

export const switchHint = 'Confirm it with --production.';
export const connectHint =
  'Confirm it with --production, or open it with --add, which leaves kubectl where it is.';
