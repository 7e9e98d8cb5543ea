import type { Cluster } from './cluster.ts';

/** Returns true for a cluster that the shells mark as production. */
export function isProduction({
  environment,
  production,
}: Pick<Cluster, 'environment' | 'production'>): boolean {
  return production ?? /^prod(uction)?$/i.test(environment ?? '');
}

/** Returns true if the user must confirm a switch of the current context to the cluster. */
export function isGuarded(
  cluster: Pick<Cluster, 'environment' | 'production'>,
  organisation: { readonly production: { readonly guard: boolean } } | undefined,
): boolean {
  return isProduction(cluster) && organisation?.production.guard !== false;
}
