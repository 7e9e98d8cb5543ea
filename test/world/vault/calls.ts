import type { LoopbackRequest } from '../loopback-server.ts';

/** What a request asks for, told by its path; `path` is what follows `/v1/`. */
export type VaultCall = { readonly path: string } & (
  | { readonly operation: 'read-health-status' }
  | { readonly operation: 'token-look-up-self' }
  | { readonly operation: 'internal-ui-read-mount-information'; readonly mountPath: string }
  | { readonly operation: 'kv-v2-list'; readonly secretPath: string }
  | { readonly operation: 'kv-v2-read-metadata'; readonly secretPath: string }
  /** `version` is 0 for the current one. */
  | { readonly operation: 'kv-v2-read'; readonly secretPath: string; readonly version: number }
  | { readonly operation: 'unknown'; readonly inMount: boolean }
);

const mountInformation = 'sys/internal/ui/mounts/';
const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

export function readVaultCall(options: {
  readonly request: LoopbackRequest;
  readonly mount: string;
}): VaultCall {
  const { request, mount } = options;
  const url = new URL(request.target, 'http://vault');
  const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '');
  const unknown = { operation: 'unknown', path, inMount: path.startsWith(`${mount}/`) } as const;
  if (request.method !== 'GET') return unknown;
  if (path === 'sys/health') return { operation: 'read-health-status', path };
  if (path === 'auth/token/lookup-self') return { operation: 'token-look-up-self', path };
  if (path.startsWith(mountInformation)) {
    const mountPath = path.slice(mountInformation.length).replace(/\/$/, '');
    return { operation: 'internal-ui-read-mount-information', path, mountPath };
  }

  const below = (part: string) =>
    `${path}/`.startsWith(`${mount}/${part}/`)
      ? path.slice(mount.length + part.length + 2).replace(/\/$/, '')
      : undefined;
  const metadataPath = below('metadata');
  if (metadataPath !== undefined) {
    const list = truths.has(url.searchParams.get('list') ?? '');
    return { operation: list ? 'kv-v2-list' : 'kv-v2-read-metadata', path, secretPath: metadataPath };
  }
  const dataPath = below('data');
  if (dataPath === undefined) return unknown;
  return {
    operation: 'kv-v2-read',
    path,
    secretPath: dataPath,
    version: Number(url.searchParams.get('version') ?? 0),
  };
}
