import { exportJWK, importPKCS8, importSPKI, type JWTPayload, SignJWT } from 'jose';
import type { Answer, Network, Request } from '../../../main/agent/network/network.ts';
import { rsaKeys } from '../../world/stored.ts';

export interface Asked {
  readonly url: URL;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The network as a function: what is asked is kept, what is answered is the test's. */
export function scriptedNetwork(
  answer: (url: URL, request: Request) => Partial<Answer> | Promise<Partial<Answer>>,
): Network & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    async request(url: URL, request: Request = {}) {
      asked.push({ url: new URL(url), headers: { ...(request.headers as object) } });
      return { status: 200, headers: {}, body: Buffer.alloc(0), ...(await answer(url, request)) };
    },
    upgrade: () => Promise.reject(new Error('nothing to upgrade')),
    reset() {},
  } as unknown as Network & { readonly asked: Asked[] };
}

export const host = 'cluster.acme.example';
export const team = 'acme.cloudflareaccess.com';

export interface Signer {
  readonly kid: string;
  jwk(): Promise<object>;
  sign(claims: JWTPayload): Promise<string>;
}

export async function createSigner(kid: string): Promise<Signer> {
  const pem = await rsaKeys();
  const privateKey = await importPKCS8(pem.privateKey, 'RS256');
  const publicKey = await importSPKI(pem.publicKey, 'RS256', { extractable: true });
  return {
    kid,
    jwk: async () => ({ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }),
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey),
  };
}

/** The claims of a good description. */
export function goodClaims(now: number): JWTPayload {
  return {
    type: 'match',
    hostname: host,
    auth_domain: team,
    aud: 'the-audience',
    app_hostname: '*.acme.example/path',
    iat: Math.floor(now / 1000),
  };
}
