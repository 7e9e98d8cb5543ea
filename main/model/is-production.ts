import type { Cluster } from './cluster.ts';

/** Such a cluster is marked. */
export function isProduction({
  environment,
  production,
}: Pick<Cluster, 'environment' | 'production'>): boolean {
  return production ?? /^prod(uction)?$/i.test(environment ?? '');
}

/** Whether a person is asked before it becomes kubectl's current one. */
export function isGuarded(
  cluster: Pick<Cluster, 'environment' | 'production'>,
  organisation: { readonly production: { readonly guard: boolean } } | undefined,
): boolean {
  return isProduction(cluster) && organisation?.production.guard !== false;
}
