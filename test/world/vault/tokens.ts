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
  /** Paths that a policy lets it read and list; a trailing `*` matches any end, as in a policy. */
  readonly paths?: readonly string[] | undefined;
  /** Undefined: it may be renewed, unless it never ends. */
  readonly renewable?: boolean | undefined;
  /** Seconds from its issue after which no renewal extends it. */
  readonly maxTtl?: number | undefined;
}

/** Whether a policy of the token lets it read or list this path; a list's path matches with and without its slash. */
export function mayUsePath({ paths = [] }: VaultToken, path: string): boolean {
  const forms = [path, path.replace(/\/$/, ''), `${path.replace(/\/$/, '')}/`];
  return paths.some((rule) =>
    rule.endsWith('*') ? forms.some((form) => form.startsWith(rule.slice(0, -1))) : forms.includes(rule),
  );
}

/** Whether the mount may be looked up: by every token with a policy for something in it (Vault's `hasMountAccess`). */
export function mayLookUpMount(token: VaultToken, mount: string): boolean {
  return maySeeMount(token) || (token.paths ?? []).some((rule) => rule.startsWith(`${mount}/`));
}

/** The policies of this Vault: `root` may everything, `clusters-reader` may list and read the mount. */
export function maySeeMount(token: VaultToken): boolean {
  return token.policies.includes('clusters-reader') || token.policies.includes('root');
}

export class TokenStore {
  private readonly tokens = new Map<string, VaultToken>();
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  issue(options: Pick<VaultToken, 'policies' | 'ttl' | 'paths' | 'renewable' | 'maxTtl'>): string {
    const id = givenOut(`hvs.${randomBytes(18).toString('base64url')}`, 'token of Vault');
    const accessor = randomBytes(18).toString('base64url');
    const entityId = options.policies.includes('root') ? '' : randomUUID();
    this.tokens.set(id, { ...options, id, accessor, entityId, createdAt: this.now() });
    return id;
  }

  /** As many seconds again as at first, from now, up to its longest life. */
  renew(id: string): VaultToken | undefined {
    const token = this.find(id);
    if (token !== undefined) {
      const { maxTtl = Number.POSITIVE_INFINITY } = token;
      const age = (this.now() - token.createdAt) / 1000;
      const ttl = Math.round(Math.min(token.ttl, maxTtl - age));
      this.tokens.set(id, { ...token, createdAt: this.now(), ttl, maxTtl: maxTtl - age });
    }
    return this.find(id);
  }

  revoke(id: string): void {
    this.tokens.delete(id);
  }

  /** The token while it holds. */
  find(id: string): VaultToken | undefined {
    const token = this.tokens.get(id);
    if (token === undefined || token.ttl === 0) return token;
    return this.now() < token.createdAt + token.ttl * 1000 ? token : undefined;
  }
}

/** The `data` of `auth/token/lookup-self`. */
export function lookUp(token: VaultToken, now: number): object {
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
    renewable: token.ttl !== 0 && token.renewable !== false,
    ttl: token.ttl === 0 ? 0 : Math.max(0, Math.floor((endsAt - now) / 1000)),
    type: 'service',
  };
}
