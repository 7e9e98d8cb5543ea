import { randomBytes, randomUUID } from 'node:crypto';
import { givenOut } from '../given-out.ts';

export interface VaultToken {
  readonly id: string;
  readonly accessor: string;
  readonly entityId: string;
  readonly policies: readonly string[];
  readonly createdAt: number;
  /** Seconds; 0 never ends, as a root token's. */
  readonly ttl: number;
}

/** The policies of this Vault: `root` may everything, `clusters-reader` may list and read the mount. */
export function maySeeMount(token: VaultToken): boolean {
  return token.policies.includes('clusters-reader') || token.policies.includes('root');
}

export class TokenStore {
  private readonly tokens = new Map<string, VaultToken>();

  issue(options: { readonly policies: readonly string[]; readonly ttl: number }): string {
    const id = givenOut(`hvs.${randomBytes(18).toString('base64url')}`, 'token of Vault');
    const accessor = randomBytes(18).toString('base64url');
    const entityId = options.policies.includes('root') ? '' : randomUUID();
    this.tokens.set(id, { ...options, id, accessor, entityId, createdAt: Date.now() });
    return id;
  }

  /** As many seconds again as at first, from now. */
  renew(id: string): VaultToken | undefined {
    const token = this.find(id);
    if (token !== undefined) this.tokens.set(id, { ...token, createdAt: Date.now() });
    return this.find(id);
  }

  revoke(id: string): void {
    this.tokens.delete(id);
  }

  /** The token while it holds. */
  find(id: string): VaultToken | undefined {
    const token = this.tokens.get(id);
    if (token === undefined || token.ttl === 0) return token;
    return Date.now() < token.createdAt + token.ttl * 1000 ? token : undefined;
  }
}

/** The `data` of `auth/token/lookup-self`. */
export function lookUp(token: VaultToken): object {
  const createdSeconds = Math.floor(token.createdAt / 1000);
  const endsAt = token.createdAt + token.ttl * 1000;
  return {
    accessor: token.accessor,
    creation_time: createdSeconds,
    creation_ttl: token.ttl,
    display_name: token.policies.includes('root') ? 'root' : 'oidc-ada@acme.example',
    entity_id: token.entityId,
    expire_time: token.ttl === 0 ? null : new Date(endsAt).toISOString(),
    explicit_max_ttl: 0,
    id: token.id,
    issue_time: new Date(token.createdAt).toISOString(),
    meta: null,
    num_uses: 0,
    orphan: true,
    path: token.policies.includes('root') ? 'auth/token/root' : 'auth/oidc/oidc/callback',
    policies: token.policies,
    renewable: token.ttl !== 0,
    ttl: token.ttl === 0 ? 0 : Math.max(0, Math.floor((endsAt - Date.now()) / 1000)),
    type: 'service',
  };
}
