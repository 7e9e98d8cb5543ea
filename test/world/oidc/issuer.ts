import { createHash, randomBytes } from 'node:crypto';
import { exportJWK, importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose';
import { escapeHtml, page } from '../access/answers.ts';
import { givenOut } from '../given-out.ts';
import { type LoopbackAnswer, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { Person } from '../plan.ts';
import { rsaKeys } from '../stored.ts';
import type { Traffic } from '../traffic.ts';

export const clusterClient = 'kubernetes';

export interface OidcWorld {
  readonly issuer: string;
  /** Whom a token names, as a cluster's API server checks it. */
  verify(token: string): Promise<string>;
  /** Every refresh token is over, and is refused with this code; `invalid_grant` by default. */
  endRefreshes(refusal?: string): void;
  /** The issuer's clock, ahead of the computer's by so much. */
  skewSeconds: number;
  tokenSeconds: number;
  /** False: id tokens are given at a login only. */
  renewsIdTokens: boolean;
  /** Claims of every id token from now on in place of the right ones. */
  claims: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Code {
  readonly email: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string;
}

/**
 * An identity provider in front of a cluster, as OpenID Connect describes it: discovery, keys, authorization code with
 * PKCE, device codes, refresh tokens that are good once, revocation. Counted as service `oidc`, the operation by its path.
 */
export async function startIssuer(options: {
  readonly people: readonly Person[];
  readonly traffic: Traffic;
  readonly deviceCodes?: boolean;
}): Promise<OidcWorld> {
  const { people, traffic, deviceCodes = true } = options;
  const pem = await rsaKeys();
  const publicKey = await importSPKI(pem.publicKey, 'RS256', { extractable: true });
  const privateKey = await importPKCS8(pem.privateKey, 'RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, Code>();
  const devices = new Map<string, { readonly userCode: string; email: string | undefined }>();
  const refreshes = new Map<string, string>();
  let refusal = 'invalid_grant';

  const granted = async (email: string, nonce?: string) => {
    const now = Math.floor(Date.now() / 1000) + world.skewSeconds;
    const refresh_token = givenOut(randomBytes(24).toString('base64url'), 'refresh token of OpenID Connect');
    refreshes.set(refresh_token, email);
    const claims = {
      iss: world.issuer,
      aud: clusterClient,
      sub: createHash('sha256').update(email).digest('hex'),
      email,
      iat: now,
      exp: now + world.tokenSeconds,
      ...(nonce === undefined ? {} : { nonce }),
      ...world.claims,
    };
    const id_token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(privateKey);
    const access_token = givenOut(randomBytes(24).toString('base64url'), 'access token of OpenID Connect');
    return json(200, {
      access_token,
      token_type: 'Bearer',
      expires_in: world.tokenSeconds,
      id_token,
      refresh_token,
    });
  };

  const withoutIdToken = () =>
    json(200, {
      access_token: givenOut(randomBytes(24).toString('base64url'), 'access token of OpenID Connect'),
      token_type: 'Bearer',
      expires_in: world.tokenSeconds,
    });

  const token = (form: URLSearchParams): Promise<LoopbackAnswer> | LoopbackAnswer => {
    if (form.get('client_id') !== clusterClient) return refused(401, 'invalid_client');
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const code = form.get('code') ?? '';
        const known = codes.get(code);
        codes.delete(code);
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        return known?.challenge === challenge && known.redirectUri === form.get('redirect_uri')
          ? granted(known.email, known.nonce)
          : refused(400, 'invalid_grant');
      }
      case 'refresh_token': {
        const sent = form.get('refresh_token') ?? '';
        const email = refreshes.get(sent);
        refreshes.delete(sent);
        if (email === undefined) return refused(400, refusal);
        return world.renewsIdTokens ? granted(email) : withoutIdToken();
      }
      case 'urn:ietf:params:oauth:grant-type:device_code': {
        const device = devices.get(form.get('device_code') ?? '');
        if (device === undefined) return refused(400, 'expired_token');
        return device.email === undefined ? refused(400, 'authorization_pending') : granted(device.email);
      }
      default:
        return refused(400, 'unsupported_grant_type');
    }
  };

  const signInPage = (
    request: LoopbackRequest,
    signedIn: (email: string) => LoopbackAnswer,
  ): LoopbackAnswer => {
    if (request.method === 'GET') {
      return html(
        200,
        `<h1>Sign in</h1>
<form method="post" action="${escapeHtml(request.target)}">
<label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label>
<button type="submit">Sign in</button>
</form>`,
      );
    }
    const form = new URLSearchParams(request.body.toString());
    const person = people.find(
      ({ email, password }) => form.get('email') === email && form.get('password') === password,
    );
    return person === undefined ? html(401, '<h1>Wrong email or password</h1>') : signedIn(person.email);
  };

  const handle = async (request: LoopbackRequest): Promise<LoopbackAnswer> => {
    const { pathname, searchParams } = new URL(request.target, 'http://issuer');
    const fault = await traffic.serve('oidc', pathname.slice(1), '');
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault !== undefined) return json(503, {});
    const asked = (name: string) => searchParams.get(name) ?? '';
    const form = new URLSearchParams(request.body.toString());
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return json(200, {
          issuer: world.issuer,
          authorization_endpoint: `${world.issuer}/authorize`,
          token_endpoint: `${world.issuer}/token`,
          jwks_uri: `${world.issuer}/keys`,
          revocation_endpoint: `${world.issuer}/revoke`,
          ...(deviceCodes ? { device_authorization_endpoint: `${world.issuer}/device-code` } : {}),
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
        });
      case '/keys':
        return json(200, { keys: [jwk] });
      case '/authorize': {
        const redirect = URL.parse(asked('redirect_uri'));
        if (
          asked('client_id') !== clusterClient ||
          redirect === null ||
          asked('code_challenge_method') !== 'S256'
        )
          return html(400, '<h1>Invalid request</h1>');
        return signInPage(request, (email) => {
          const code = randomBytes(24).toString('base64url');
          codes.set(code, {
            email,
            redirectUri: asked('redirect_uri'),
            challenge: asked('code_challenge'),
            nonce: asked('nonce'),
          });
          redirect.search = new URLSearchParams({
            code,
            state: asked('state'),
            iss: world.issuer,
          }).toString();
          return { kind: 'answer', statusCode: 302, headers: { location: redirect.href }, body: '' };
        });
      }
      case '/token':
        return token(form);
      case '/revoke':
        refreshes.delete(form.get('token') ?? '');
        return json(200, {});
      case '/device-code': {
        const device_code = randomBytes(24).toString('base64url');
        const user_code = randomBytes(4).toString('hex').toUpperCase();
        devices.set(device_code, { userCode: user_code, email: undefined });
        const verification_uri = `${world.issuer}/device`;
        const verification_uri_complete = `${verification_uri}?user_code=${user_code}`;
        return json(200, {
          device_code,
          user_code,
          verification_uri,
          verification_uri_complete,
          expires_in: 600,
          interval: 1,
        });
      }
      case '/device':
        return signInPage(request, (email) => {
          const device = [...devices.values()].find(({ userCode }) => userCode === asked('user_code'));
          if (device === undefined) return html(400, '<h1>Unknown code</h1>');
          device.email = email;
          return html(200, '<h1>You are signed in</h1>');
        });
      default:
        return json(404, {});
    }
  };

  const server = await startLoopbackServer(handle);
  const world: OidcWorld = {
    issuer: server.url,
    async verify(sent) {
      const { payload } = await jwtVerify(sent, publicKey, {
        issuer: server.url,
        audience: clusterClient,
        currentDate: new Date(Date.now() + world.skewSeconds * 1000),
      });
      return String(payload.email);
    },
    endRefreshes(code = 'invalid_grant') {
      refreshes.clear();
      refusal = code;
    },
    skewSeconds: 0,
    tokenSeconds: 3600,
    renewsIdTokens: true,
    claims: {},
    close: server.close,
  };
  return world;
}

function json(statusCode: number, body: object): LoopbackAnswer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { kind: 'answer', statusCode, headers, body: JSON.stringify(body) };
}

function refused(statusCode: number, error: string): LoopbackAnswer {
  return json(statusCode, { error });
}

function html(statusCode: number, body: string): LoopbackAnswer {
  return {
    kind: 'answer',
    statusCode,
    headers: { 'content-type': 'text/html' },
    body: page('Identity provider', body),
  };
}
