import type { Cluster } from './cluster.ts';

/** Such a cluster is marked, and never becomes kubectl's current one without a question. */
export function isProduction({
  environment,
  production,
}: Pick<Cluster, 'environment' | 'production'>): boolean {
  return production ?? /^prod(uction)?$/i.test(environment ?? '');
}
