import type { ClientLimit, ClientOperation, ClientPackage, Served } from './client-kind.ts';

/** All that a client can do with pods and other objects. */
export const pods = ['get', 'list', 'watch', 'logs', 'exec', 'port-forward'] as const;
export const withoutStreams = ['get', 'list', 'watch', 'logs'] as const;
export const all: Served = { status: 'all' };
export const none = (...because: ClientLimit[]): Served => ({ status: 'none', because });
export const allBut = (without: readonly ClientOperation[], ...because: ClientLimit[]): Served => ({
  status: 'part',
  without,
  because,
});
export const everywhere = { socks5: all, connect: all, tls: all } as const;
/** Packages of one registry. */
export const of = (registry: ClientPackage['registry'], ...names: readonly string[]) =>
  names.map((name) => ({ registry, name }));
/** What client-go reads. */
export const proxyUrl = 'https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Cluster';
