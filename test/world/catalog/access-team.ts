import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';
import type { Outbound } from '../worker.ts';

/** A team of Access as a Worker sees it: its keys, its assertions, and who is whose session. */
export interface AccessTeam {
  readonly name: string;
  /** The audience tag of the catalog's application. */
  readonly audience: string;
  /** The requests that it got, as paths. */
  readonly asked: string[];
  /** Answers requests to it, and nothing else. */
  readonly outbound: Outbound;
  /** Signs an assertion for a user. What is undefined is left out. */
  assertion(claims?: Readonly<Record<string, unknown>>, how?: AssertionHow): Promise<string>;
  /** Makes a new key, with which it signs from now on. */
  rotate(keep?: boolean): Promise<void>;
  /** What `get-identity` answers for a `sub`. A number is a status. */
  readonly identities: Map<string, Readonly<Record<string, unknown>> | number>;
  /** Whether the keys are answered. */
  isUp: boolean;
}

interface AssertionHow {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject | Uint8Array;
}

export async function createAccessTeam(name = 'acme.cloudflareaccess.com'): Promise<AccessTeam> {
  const asked: string[] = [];
  const identities: AccessTeam['identities'] = new Map();
  let keys: readonly JWK[] = [];
  let current: { readonly privateKey: KeyObject; readonly kid: string } | undefined;
  const audience = '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2';
  const team: AccessTeam = {
    name,
    audience,
    asked,
    identities,
    isUp: true,
    async rotate(keep = true) {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const kid = randomUUID();
      keys = [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }, ...(keep ? keys : [])];
      current = { privateKey, kid };
    },
    async assertion(claims = {}, { header = {}, key = current?.privateKey } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const all: Readonly<Record<string, unknown>> = {
        aud: [audience],
        email: 'ada@acme.example',
        iss: `https://${name}`,
        iat: now,
        nbf: now,
        exp: now + 3_600,
        type: 'app',
        identity_nonce: 'r4nd0m',
        sub: '7335d417-61da-459d-899c-0a01c76a2f94',
        country: 'PT',
        ...claims,
      };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      if (key === undefined) throw new Error('the team has no key');
      return new SignJWT(given)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: current?.kid ?? '', ...header })
        .sign(key);
    },
    async outbound(url, headers) {
      asked.push(url.pathname);
      if (url.host !== name) return { status: 404, body: '' };
      if (!team.isUp) return { status: 503, body: 'down' };
      if (url.pathname === '/cdn-cgi/access/certs') return json({ keys });
      if (url.pathname !== '/cdn-cgi/access/get-identity') return { status: 404, body: '' };
      const [, token = ''] = /^CF_Authorization=(\S+)$/.exec(headers.get('cookie') ?? '') ?? [];
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        readonly sub: string;
      };
      const identity = identities.get(sub) ?? 403;
      return typeof identity === 'number' ? { status: identity, body: '{}' } : json(identity);
    },
  };
  await team.rotate();
  return team;
}

function json(value: unknown) {
  return { status: 200, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}
