import type { Cluster } from './cluster.ts';

/** Such a cluster is marked, and never becomes kubectl's current one without a question. */
export function isProduction({ environment }: Pick<Cluster, 'environment'>): boolean {
  return /^prod(uction)?$/i.test(environment ?? '');
}
