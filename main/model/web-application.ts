import type { Cluster } from './cluster.ts';

/**
 * Returns true for a cluster whose API is published as a web application behind Cloudflare Access: each request needs the
 * user's Access token, which no kubeconfig can hold.
 */
export function isWebApplication({ reach }: Pick<Cluster, 'reach'>): boolean {
  return reach.kind === 'tunnel' && reach.origin === 'https';
}
