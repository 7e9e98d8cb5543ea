import { randomBytes } from 'node:crypto';
import { escapeHtml, page } from '../access/answers.ts';
import { givenOut } from '../given-out.ts';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import { answerAuth, answerData, failure } from './answers.ts';
import type { TokenStore } from './tokens.ts';

const operations = {
  'auth/oidc/oidc/auth_url': 'jwt-oidc-request-authorization-url',
  'auth/oidc/oidc/callback': 'jwt-oidc-callback',
  'auth/approle/login': 'app-role-login',
  'auth/kubernetes/login': 'kubernetes-login',
} as const;

export interface VaultSignIn {
  readonly operation: (typeof operations)[keyof typeof operations] | 'userpass-login' | 'identity-provider';
  readonly path: string;
  readonly username: string;
}

/** A request that signs in, or a page of the identity provider behind it; undefined for all that need a token. */
export function vaultSignInOf(request: LoopbackRequest): VaultSignIn | undefined {
  const { pathname } = new URL(request.target, 'http://vault');
  if (pathname === '/idp/authorize')
    return { operation: 'identity-provider', path: 'idp/authorize', username: '' };
  const path = decodeURIComponent(pathname).replace(/^\/v1\//, '');
  const [, username] = /^auth\/userpass\/login\/(.+)$/.exec(path) ?? [];
  if (username !== undefined) return { operation: 'userpass-login', path: 'auth/userpass/login', username };
  const operation = operations[path as keyof typeof operations];
  return operation === undefined ? undefined : { operation, path, username: '' };
}

interface Begun {
  readonly nonce: string;
  readonly redirectUri: string;
  code: string | undefined;
}

const allowedRedirect = 'http://localhost:8250/oidc/callback';
/** Role `people` and, where none is named, the mount's default, which is the same. */
const roles = new Set(['', 'people']);

/** Vault's auth methods oidc, userpass, approle and kubernetes, and the identity provider behind the first. */
export class VaultSignIns {
  readonly machine = {
    roleId: '5b0a7d3e-0000-4000-8000-00000000000a',
    secretId: givenOut(randomBytes(18).toString('hex'), 'secret id of Vault'),
    jwt: ['header', 'payload', 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.'),
  };
  private readonly plan: () => Plan;
  private readonly tokens: TokenStore;
  private readonly begun = new Map<string, Begun>();

  constructor(options: { readonly plan: () => Plan; readonly tokens: TokenStore }) {
    this.plan = options.plan;
    this.tokens = options.tokens;
  }

  answer({ operation, username }: VaultSignIn, request: LoopbackRequest): LoopbackAnswer {
    if (operation === 'identity-provider') return this.identityProvider(request);
    if (operation === 'jwt-oidc-callback')
      return this.callback(new URL(request.target, 'http://vault').searchParams);
    if (!['POST', 'PUT'].includes(request.method)) return failure(405, 'unsupported operation');
    const body = JSON.parse(request.body.toString() || '{}') as Readonly<Record<string, unknown>>;
    switch (operation) {
      case 'jwt-oidc-request-authorization-url':
        return this.authUrl(body, String(request.headers.host));
      case 'userpass-login': {
        const person = this.plan().people.find(({ email }) => email === username);
        return person !== undefined && person.password === body.password
          ? this.granted()
          : failure(400, 'invalid username or password');
      }
      case 'app-role-login':
        if (body.role_id !== this.machine.roleId) return failure(400, 'invalid role or secret ID');
        return body.secret_id === this.machine.secretId
          ? this.granted()
          : failure(400, 'invalid role or secret ID');
      case 'kubernetes-login':
        if (body.role !== 'people') return failure(400, `invalid role name "${body.role}"`);
        return body.jwt === this.machine.jwt ? this.granted() : failure(403, 'permission denied');
    }
  }

  private granted(): LoopbackAnswer {
    const id = this.tokens.issue({ policies: ['clusters-reader', 'default'], ttl: 32 * 24 * 3600 });
    const token = this.tokens.find(id);
    return token === undefined ? failure(500, 'internal error') : answerAuth(token);
  }

  private authUrl(body: Readonly<Record<string, unknown>>, host: string): LoopbackAnswer {
    const { role = '', redirect_uri: redirectUri, client_nonce: nonce = '' } = body;
    if (!roles.has(String(role))) return failure(400, `role "${role}" could not be found`);
    if (redirectUri !== allowedRedirect) return answerData({ auth_url: '' }, { mount_type: 'system' });
    const state = `st_${randomBytes(15).toString('base64url')}`;
    this.begun.set(state, { nonce: String(nonce), redirectUri: allowedRedirect, code: undefined });
    const query = new URLSearchParams({
      client_id: 'vault',
      nonce: `n_${randomBytes(15).toString('base64url')}`,
      redirect_uri: allowedRedirect,
      response_type: 'code',
      scope: 'openid',
      state,
    });
    return answerData({ auth_url: `http://${host}/idp/authorize?${query}` }, { mount_type: 'system' });
  }

  private callback(query: URLSearchParams): LoopbackAnswer {
    const state = query.get('state') ?? '';
    const begun = this.begun.get(state);
    this.begun.delete(state);
    if (begun === undefined) return failure(400, 'Vault login failed. Expired or missing OAuth state.');
    if (begun.nonce !== query.get('client_nonce')) return failure(400, 'invalid client_nonce');
    return begun.code !== undefined && begun.code === query.get('code')
      ? this.granted()
      : failure(400, 'Vault login failed. Error exchanging oidc code.');
  }

  private identityProvider(request: LoopbackRequest): LoopbackAnswer {
    const { search, searchParams } = new URL(request.target, 'http://vault');
    const state = searchParams.get('state') ?? '';
    const begun = this.begun.get(state);
    const html = (statusCode: number, body: string): LoopbackAnswer => ({
      kind: 'answer',
      statusCode,
      headers: { 'content-type': 'text/html' },
      body: page('Sign in to Acme', body),
    });
    if (begun === undefined) return html(400, '<h1>Unknown request</h1>');
    if (request.method === 'GET') {
      return html(
        200,
        `<h1>Sign in to Acme</h1>
<form method="post" action="/idp/authorize${escapeHtml(search)}">
<label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label>
<button type="submit">Sign in</button>
</form>`,
      );
    }
    const form = new URLSearchParams(request.body.toString());
    const { people } = this.plan();
    const known = people.some(
      ({ email, password }) => form.get('email') === email && form.get('password') === password,
    );
    if (!known) return html(401, '<h1>Wrong email or password</h1>');
    begun.code = givenOut(randomBytes(16).toString('hex'), 'code of Vault');
    const location = `${begun.redirectUri}?${new URLSearchParams({ state, code: begun.code })}`;
    return { kind: 'answer', statusCode: 302, headers: { location }, body: '' };
  }
}
