import { createHash, randomBytes } from 'node:crypto';
import {
  createLocalJWKSet,
  exportJWK,
  importPKCS8,
  importSPKI,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { givenOut } from '../given-out.ts';
import type { Plan } from '../plan.ts';
import { rsaKeys, stored } from '../stored.ts';

export type SessionType = 'app' | 'org';

/** Who a token stands for: the claims that the edge's decisions rest on. */
export interface Identity {
  readonly type: SessionType;
  readonly email: string;
  readonly subject: string;
}

interface Session {
  readonly type: SessionType;
  /** The application's host name; undefined for an organisation token. */
  readonly hostname: string | undefined;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly certificate: string;
}

/** The tokens of one Access organisation: signs, verifies and revokes them. */
export interface Tokens {
  /** The body of `/cdn-cgi/access/certs`. */
  certs(): object;
  /** A new key signs from now on; the one before it still verifies, as at the real edge. */
  rotateKeys(): Promise<void>;
  /** An application token where a host name is given, else an organisation token. */
  issue(email: string, hostname?: string): Promise<{ readonly token: string; readonly expires: Date }>;
  /** The identity, or undefined where the token is invalid, expired, revoked or another application's. */
  verify(token: string, type: SessionType, hostname?: string): Promise<Identity | undefined>;
  /** Signs what the edge hands from one of its pages to the next, or to a client (app info). */
  sign(claims: JWTPayload): Promise<string>;
  /** The claims of `sign`, or undefined. */
  read(token: string, type: string): Promise<JWTPayload | undefined>;
  revoke(matches: (session: Session) => boolean): void;
  setSeconds(seconds: { readonly app?: number; readonly org?: number }): void;
}

export async function createTokens(plan: Plan): Promise<Tokens> {
  let keys: readonly SigningKey[] = [await createKey(plan.team)];
  let seconds = { app: plan.appTokenSeconds, org: plan.orgTokenSeconds };
  const issuer = `https://${plan.team}`;
  /** By `identity_nonce`: what is not in here was revoked. */
  const sessions = new Map<string, Session>();

  const sign = async (claims: JWTPayload): Promise<string> => {
    const [key] = keys;
    if (key === undefined) throw new Error('no signing key');
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT' })
      .setIssuedAt()
      .sign(key.privateKey);
    return givenOut(token, `${claims.type} token of Access`);
  };
  const verified = async (token: string): Promise<JWTPayload | undefined> => {
    try {
      const keySet = createLocalJWKSet({ keys: keys.map((key) => key.jwk) });
      return (await jwtVerify(token, keySet, { algorithms: ['RS256'] })).payload;
    } catch {
      return undefined;
    }
  };

  return {
    certs: () => ({
      keys: keys.map((key) => key.jwk),
      public_cert: { kid: keys[0]?.kid, cert: keys[0]?.certificate },
      public_certs: keys.map((key) => ({ kid: key.kid, cert: key.certificate })),
    }),
    async rotateKeys() {
      keys = [await createKey(plan.team), ...keys.slice(0, 1)];
    },
    async issue(email, hostname) {
      const type = hostname === undefined ? 'org' : 'app';
      const nonce = randomBytes(12).toString('base64url');
      const now = Math.floor(Date.now() / 1000);
      sessions.set(nonce, { type, hostname });
      const token = await sign({
        type,
        aud: [audience(hostname ?? plan.team)],
        email,
        iss: issuer,
        sub: subject(email),
        nbf: now,
        exp: now + seconds[type],
        identity_nonce: nonce,
        country: 'DE',
      });
      return { token, expires: new Date((now + seconds[type]) * 1000) };
    },
    async verify(token, type, hostname) {
      const claims = await verified(token);
      if (claims === undefined || claims.iss !== issuer || claims.type !== type) return undefined;
      if (!(claims.aud ?? []).includes(audience(hostname ?? plan.team))) return undefined;
      if (!sessions.has(String(claims.identity_nonce))) return undefined;
      return { type, email: String(claims.email), subject: String(claims.sub) };
    },
    sign,
    async read(token, type) {
      const claims = await verified(token);
      return claims?.type === type ? claims : undefined;
    },
    revoke(matches) {
      for (const [nonce, session] of sessions) if (matches(session)) sessions.delete(nonce);
    },
    setSeconds(change) {
      seconds = { ...seconds, ...change };
    },
  };
}

/** An application's audience tag: 64 hex digits, stable from one run to the next. */
export function audience(name: string): string {
  return createHash('sha256').update(`access application ${name}`).digest('hex');
}

/** A UUID that stays the same for one person. */
function subject(email: string): string {
  const hex = createHash('sha256').update(email).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** An RSA key as the certs endpoint shows it: a JWK, and a self-signed certificate of the same key. */
async function createKey(team: string): Promise<SigningKey> {
  const pem = await rsaKeys();
  const certificate = await stored(`certificate of ${team} for ${pem.publicKey}`, async () =>
    (await import('../certificates.ts')).makeSelfSigned(team, pem),
  );
  const kid = randomBytes(32).toString('hex');
  const publicKey = await importSPKI(pem.publicKey, 'RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return { kid, privateKey: await importPKCS8(pem.privateKey, 'RS256'), jwk, certificate };
}
