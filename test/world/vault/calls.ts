import type { LoopbackRequest } from '../loopback-server.ts';
import type { VaultMount } from '../plan.ts';

/** What a request asks for, told by its path; `path` is what follows `/v1/`. */
export type VaultCall = { readonly path: string } & (
  | { readonly operation: 'read-health-status' }
  | { readonly operation: 'token-look-up-self' }
  | { readonly operation: 'token-renew-self' }
  | { readonly operation: 'token-revoke-self' }
  | { readonly operation: 'internal-ui-read-mount-information'; readonly mountPath: string }
  | (InMount & { readonly operation: 'kv-v2-list' | 'kv-v2-read-metadata' | 'kv-v1-list' | 'kv-v1-read' })
  /** `version` is 0 for the current one. */
  | (InMount & { readonly operation: 'kv-v2-read'; readonly version: number })
  | { readonly operation: 'unknown'; readonly mount: VaultMount | undefined }
);

interface InMount {
  readonly mount: VaultMount;
  readonly secretPath: string;
}

const mountInformation = 'sys/internal/ui/mounts/';
const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** `mounts` are those of the namespace that the request is for. */
export function readVaultCall(options: {
  readonly request: LoopbackRequest;
  readonly mounts: readonly VaultMount[];
}): VaultCall {
  const { request, mounts } = options;
  const url = new URL(request.target, 'http://vault');
  const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '');
  const mount = mountOf(mounts, path);
  const unknown = { operation: 'unknown', path, mount } as const;
  if (['POST', 'PUT'].includes(request.method)) {
    if (path === 'auth/token/renew-self') return { operation: 'token-renew-self', path };
    if (path === 'auth/token/revoke-self') return { operation: 'token-revoke-self', path };
  }
  if (request.method !== 'GET') return unknown;
  if (path === 'sys/health') return { operation: 'read-health-status', path };
  if (path === 'auth/token/lookup-self') return { operation: 'token-look-up-self', path };
  if (path.startsWith(mountInformation)) {
    const mountPath = path.slice(mountInformation.length).replace(/\/$/, '');
    return { operation: 'internal-ui-read-mount-information', path, mountPath };
  }
  if (mount === undefined) return unknown;
  const list = truths.has(url.searchParams.get('list') ?? '');
  const inMount = path.slice(mount.mount.length + 1).replace(/\/$/, '');
  if (mount.version === 1) {
    return { operation: list ? 'kv-v1-list' : 'kv-v1-read', path, mount, secretPath: inMount };
  }
  const [, part, secretPath = ''] = /^([^/]*)(?:\/(.*))?$/.exec(inMount) ?? [];
  if (part === 'metadata') {
    return { operation: list ? 'kv-v2-list' : 'kv-v2-read-metadata', path, mount, secretPath };
  }
  if (part !== 'data') return unknown;
  const version = Number(url.searchParams.get('version') ?? 0);
  return { operation: 'kv-v2-read', path, mount, secretPath, version };
}

/** The mount that a path lies in; mounts may lie below each other's names. */
export function mountOf(mounts: readonly VaultMount[], path: string): VaultMount | undefined {
  return mounts
    .filter(({ mount }) => `${path}/`.startsWith(`${mount}/`))
    .sort((a, b) => b.mount.length - a.mount.length)[0];
}
