import type { KeyAndCertificate } from '../authority.ts';
import { type LoopbackAnswer, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { Plan, VaultMount, VaultSecret } from '../plan.ts';
import type { Traffic } from '../traffic.ts';
import {
  answerAuth,
  answerData,
  answerHealth,
  answerWarning,
  failure,
  invalidToken,
  notFound,
  permissionDenied,
  policyDenied,
} from './answers.ts';
import { mountOf, readVaultCall, type VaultCall } from './calls.ts';
import { dataOf, metadataOf } from './kv.ts';
import { findSecret, isDenied, listFolder, type SecretData, SecretStore } from './secrets.ts';
import { VaultSignIns, vaultSignInOf } from './sign-ins.ts';
import { lookUp, mayLookUpMount, maySeeMount, mayUsePath, TokenStore, type VaultToken } from './tokens.ts';

export interface VaultParts {
  /** Read at every request, so a getter lets secrets come and go. */
  readonly plan: Plan;
  readonly traffic: Traffic;
  /** The first version of a secret's content. */
  secretFor(secret: VaultSecret): SecretData | Promise<SecretData>;
  /** The time by which tokens end; the system's where undefined. */
  now?(): number;
  /** Serves https with it. */
  readonly secure?: KeyAndCertificate | undefined;
}

export interface Vault {
  /** For `VAULT_ADDR`. */
  readonly url: string;
  readonly port: number;
  /** May read the mount and holds for 32 days; a person's own. */
  readonly token: string;
  /**
   * `ttl` is in seconds, 0 never ends; the policy `clusters-reader` reads the mount, `root` everything, and `paths` are a
   * policy of one's own.
   */
  issueToken(options: Pick<VaultToken, 'policies' | 'ttl' | 'paths' | 'renewable' | 'maxTtl'>): string;
  /** For approle and kubernetes: what a machine holds. */
  readonly machine: { readonly roleId: string; readonly secretId: string; readonly jwt: string };
  /** `token` where none is named. */
  revokeToken(id?: string): void;
  /** Adds a version to a secret of the plan, in its first mount where none is named. */
  writeSecret(path: string, data: SecretData, mount?: VaultMount): Promise<void>;
  close(): Promise<void>;
}

/**
 * A Vault server with the plan's KV mounts and their namespaces. Folders are listed by GET and `?list=true`: node's http server
 * refuses the LIST verb with a 400 before it reaches us. Counted as service `vault`, the operation in the words of
 * Vault's own OpenAPI (`kv-v2-list`, `kv-v2-read-metadata`, `kv-v2-read`, `kv-v1-list`, `token-look-up-self`,
 * `internal-ui-read-mount-information`, `read-health-status`, `jwt-oidc-request-authorization-url`, `userpass-login`, …), scope the path below `/v1/`.
 */
export async function startVault(parts: VaultParts): Promise<Vault> {
  const now = parts.now ?? Date.now;
  const tokens = new TokenStore(now);
  const token = tokens.issue({ policies: ['clusters-reader', 'default'], ttl: 32 * 24 * 3600 });
  const signIns = new VaultSignIns({ plan: () => parts.plan, tokens });
  const secrets = new SecretStore({ secretFor: parts.secretFor });

  const handle = async (request: LoopbackRequest): Promise<LoopbackAnswer> => {
    const signIn = vaultSignInOf(request);
    if (signIn !== undefined) {
      const fault = await parts.traffic.serve('vault', signIn.operation, signIn.path);
      if (fault?.kind === 'drop') return { kind: 'drop' };
      return fault === undefined ? signIns.answer(signIn, request) : failure(500, 'internal error');
    }
    const namespace = String(request.headers['x-vault-namespace'] ?? '').replace(/^\/+|\/+$/g, '');
    const { others, ...main } = parts.plan.vault;
    const mounts = [main, ...others].filter((mount) => mount.namespace === namespace);
    const call = readVaultCall({ request, mounts });
    const fault = await parts.traffic.serve('vault', call.operation, call.path);
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault?.kind === 'throttle') {
      const answer = failure(429, `request path "${call.path}": rate limit quota exceeded`);
      if (fault.retryAfterSeconds === undefined) return answer;
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } };
    }
    if (fault?.kind === 'error') return failure(500, '1 error occurred:\n\t* internal error\n\n');
    if (fault?.kind === 'deny') return policyDenied;
    if (call.operation === 'read-health-status') return answerHealth();

    const id = request.headers['x-vault-token'];
    if (typeof id !== 'string' || id === '') return permissionDenied;
    const caller = tokens.find(id);
    if (caller === undefined) return invalidToken;
    if (call.operation === 'token-revoke-self') {
      tokens.revoke(id);
      return { kind: 'answer', statusCode: 204, headers: {}, body: '' };
    }
    if (call.operation === 'token-renew-self') {
      // As `vault token renew` is answered.
      if (caller.renewable === false)
        return failure(400, '1 error occurred:\n\t* lease is not renewable\n\n');
      return answerAuth(tokens.renew(id) ?? caller);
    }
    return answerCall({ call, caller, mounts, secrets, now: now() });
  };

  const server = await startLoopbackServer(handle, parts.secure);
  return {
    url: server.url,
    port: server.port,
    token,
    machine: signIns.machine,
    issueToken: (options) => tokens.issue(options),
    revokeToken: (id = token) => tokens.revoke(id),
    writeSecret: (path, data, mount = parts.plan.vault) => secrets.write(mount, path, data),
    close: server.close,
  };
}

async function answerCall(options: {
  readonly call: Exclude<
    VaultCall,
    { operation: 'read-health-status' | 'token-renew-self' | 'token-revoke-self' }
  >;
  readonly caller: VaultToken;
  readonly mounts: readonly VaultMount[];
  readonly secrets: SecretStore;
  readonly now: number;
}): Promise<LoopbackAnswer> {
  const { call, caller, mounts, secrets, now } = options;
  const root = caller.policies.includes('root');
  if (call.operation === 'token-look-up-self')
    return answerData(lookUp(caller, now), { mount_type: 'token' });
  if (call.operation === 'internal-ui-read-mount-information') {
    const mount = mountOf(mounts, call.mountPath);
    if (mount !== undefined && mayLookUpMount(caller, mount.mount))
      return answerData(mountInformation(mount), { mount_type: 'system' });
    return failure(
      403,
      `preflight capability check returned 403, please ensure client's policies grant access to path "${call.mountPath}/"`,
    );
  }
  if (call.operation === 'unknown') {
    const inMount = call.mount !== undefined;
    if (!root && !(inMount && (maySeeMount(caller) || mayUsePath(caller, call.path)))) return policyDenied;
    if (inMount) {
      return answerWarning(
        "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation.",
      );
    }
    return failure(404, `no handler for route "${call.path}". route entry not found.`);
  }

  if (
    !(maySeeMount(caller) || mayUsePath(caller, call.path)) ||
    (!root && isDenied(call.mount, call.secretPath))
  )
    return policyDenied;
  if (call.operation === 'kv-v2-list' || call.operation === 'kv-v1-list') {
    const keys = listFolder(call.mount, call.secretPath);
    return keys.length > 0 ? answerData({ keys }, { mount_type: 'kv' }) : notFound;
  }
  const secret = findSecret(call.mount, call.secretPath);
  if (secret === undefined) return notFound;
  const versions = await secrets.versionsOf(call.mount, secret);
  if (call.operation === 'kv-v1-read') {
    return answerData({ ...versions.at(-1)?.data, ...secret.customMetadata }, { mount_type: 'kv' });
  }
  if (call.operation === 'kv-v2-read-metadata') {
    return answerData(metadataOf(secret, versions), { mount_type: 'kv' });
  }
  const version = ('version' in call && call.version) || versions.length;
  const stored = versions[version - 1];
  return stored ? answerData(dataOf({ secret, stored, version }), { mount_type: 'kv' }) : notFound;
}

function mountInformation({ mount, version }: VaultMount): object {
  return {
    accessor: 'kv_5f1c2a7e',
    config: { default_lease_ttl: 2_764_800, force_no_cache: false, max_lease_ttl: 2_764_800 },
    deprecation_status: 'supported',
    description: 'Clusters and how to reach them',
    external_entropy_access: false,
    local: false,
    // A mount of version 1 may say nothing of it.
    options: version === 1 ? null : { version: '2' },
    path: `${mount}/`,
    plugin_version: '',
    running_plugin_version: 'v0.21.0+builtin',
    running_sha256: '',
    seal_wrap: false,
    type: 'kv',
    uuid: '2f5b0c1e-6f0d-4c7e-9f0c-0a7d5f3f8a21',
  };
}
