import { createHash, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { escapeHtml, page } from '../access/answers.ts';
import { givenOut } from '../given-out.ts';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Person } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import { json } from './answers.ts';

/** The address that Google's own libraries sign for, wherever they send it. */
const audience = 'https://oauth2.googleapis.com/token';
const scope =
  'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email openid';

/** The content of an `application_default_credentials.json` that a person's login leaves. */
export interface AuthorizedUser {
  readonly type: 'authorized_user';
  readonly client_id: string;
  readonly client_secret: string;
  readonly refresh_token: string;
  readonly quota_project_id: string;
  readonly token_uri: string;
  readonly universe_domain: string;
}

/** The content of a service account's key file. */
export interface ServiceAccount {
  readonly type: 'service_account';
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly token_uri: string;
  readonly universe_domain: string;
}

type Refresh = {
  readonly email: string;
  readonly clientId: string;
  readonly clientSecret: string;
  ended: 'revoked' | 'reauth' | undefined;
};

/** gcloud's own, for people everywhere. */
const gcloudClient = '764086051850-world.apps.googleusercontent.com';

interface Code {
  readonly email: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly scope: string;
  readonly offline: boolean;
}

function html(statusCode: number, body: string): LoopbackAnswer {
  return { kind: 'answer', statusCode, headers: { 'content-type': 'text/html' }, body: page('Google', body) };
}

/** Google's OAuth token endpoint and sign-in page: refresh tokens of people and signed assertions of service accounts. */
export class GoogleSignIns {
  private readonly refreshTokens = new Map<string, Refresh>();
  private readonly accessTokens = new Map<
    string,
    { readonly email: string; readonly clientId: string; readonly expiresAt: number }
  >();
  private readonly codes = new Map<string, Code>();
  /** The organisation's own client for desktop apps. */
  readonly desktopClient = {
    id: '312000000001-acme.apps.googleusercontent.com',
    secret: givenOut(
      `GOCSPX-${randomBytes(21).toString('base64url')}`,
      'client secret of the organisation at Google',
    ),
  };
  private readonly subjectTokens = new Map<string, string>();
  private readonly publicKeys = new Map<string, string>();
  private readonly tokenUri: () => string;
  /** Seconds that an access token holds. */
  tokenSeconds = 3599;

  constructor(options: { readonly tokenUri: () => string }) {
    this.tokenUri = options.tokenUri;
  }

  /** A new login of a person. */
  signIn(email: string, quotaProject: string): AuthorizedUser {
    const refresh_token = givenOut(`1//${randomBytes(24).toString('base64url')}`, 'refresh token of Google');
    const client_secret = givenOut(`d-${randomBytes(12).toString('base64url')}`, 'client secret of Google');
    this.refreshTokens.set(refresh_token, {
      email,
      clientId: gcloudClient,
      clientSecret: client_secret,
      ended: undefined,
    });
    return {
      type: 'authorized_user',
      client_id: gcloudClient,
      client_secret,
      refresh_token,
      quota_project_id: quotaProject,
      token_uri: this.tokenUri(),
      universe_domain: 'googleapis.com',
    };
  }

  /** A page that a browser opens: `GET` shows the form, `POST` sends it back with a code. */
  answerAuthorize(request: LoopbackRequest, people: readonly Person[]): LoopbackAnswer {
    const { searchParams, search } = new URL(request.target, 'http://accounts');
    const asked = (name: string) => searchParams.get(name) ?? '';
    const redirect = URL.parse(asked('redirect_uri'));
    if (asked('client_id') !== this.desktopClient.id) return html(401, '<h1>Error 401: invalid_client</h1>');
    // A client for desktop apps may come back to any port of the loopback address.
    if (redirect?.protocol !== 'http:' || redirect.hostname !== '127.0.0.1')
      return html(400, '<h1>Error 400: redirect_uri_mismatch</h1>');
    if (
      asked('response_type') !== 'code' ||
      asked('code_challenge_method') !== 'S256' ||
      asked('code_challenge') === ''
    )
      return html(400, '<h1>Error 400: invalid_request</h1>');
    if (request.method === 'GET') {
      return html(
        200,
        `<h1>Sign in with Google</h1>
<form method="post" action="/o/oauth2/v2/auth${escapeHtml(search)}">
<label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label>
<button type="submit">Allow</button>
</form>`,
      );
    }
    const form = new URLSearchParams(request.body.toString());
    const person = people.find(({ email }) => email === form.get('email'));
    if (person === undefined || person.password !== form.get('password'))
      return html(401, '<h1>Wrong password</h1>');
    const code = givenOut(`4/${randomBytes(32).toString('base64url')}`, 'code of Google');
    this.codes.set(code, {
      email: person.email,
      redirectUri: asked('redirect_uri'),
      challenge: asked('code_challenge'),
      scope: asked('scope'),
      offline: asked('access_type') === 'offline',
    });
    redirect.search = new URLSearchParams({ state: asked('state'), code, scope: asked('scope') }).toString();
    return { kind: 'answer', statusCode: 302, headers: { location: redirect.href }, body: '' };
  }

  /** `POST /revoke`: ends a refresh token. */
  answerRevoke(request: LoopbackRequest): LoopbackAnswer {
    const { searchParams } = new URL(request.target, 'http://oauth2');
    const token =
      searchParams.get('token') ?? new URLSearchParams(request.body.toString()).get('token') ?? '';
    const known = this.refreshTokens.get(token);
    if (known === undefined || known.ended !== undefined)
      return refuse(400, 'invalid_token', 'Token expired or revoked');
    known.ended = 'revoked';
    return json(200, {});
  }

  /** `reauth` is what an organisation's session length does; access tokens hold on in either case. */
  end(refreshToken: string, how: 'revoked' | 'reauth'): void {
    const known = this.refreshTokens.get(refreshToken);
    if (known === undefined) throw new Error('no such refresh token');
    known.ended = how;
  }

  /** From now on no access token that was given out is accepted. */
  dropAccessTokens(): void {
    this.accessTokens.clear();
  }

  createServiceAccount(email: string, project: string): ServiceAccount {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    this.publicKeys.set(email, publicKey);
    return {
      type: 'service_account',
      project_id: project,
      private_key_id: randomBytes(20).toString('hex'),
      private_key: privateKey,
      client_email: email,
      client_id: '100000000000000000000',
      token_uri: this.tokenUri(),
      universe_domain: 'googleapis.com',
    };
  }

  deleteKey(email: string): void {
    this.publicKeys.delete(email);
  }

  /** Whose an access token is; undefined when it is none or has ended. */
  find(token: string): string | undefined {
    const known = this.accessTokens.get(token);
    return known !== undefined && known.expiresAt > Date.now() ? known.email : undefined;
  }

  /** Whether the project of the organisation's client pays for what an access token asks. */
  isOfDesktopClient(token: string): boolean {
    return this.accessTokens.get(token)?.clientId === this.desktopClient.id;
  }

  /** A token of somebody else's identity provider, which Google is set up to trust. */
  issueSubjectToken(subject: string): string {
    const token = randomBytes(24).toString('base64url');
    this.subjectTokens.set(token, subject);
    return token;
  }

  /** `POST /v1/token` of the Security Token Service. */
  answerExchange(request: LoopbackRequest): LoopbackAnswer {
    const form = new URLSearchParams(request.body.toString());
    const subject = this.subjectTokens.get(form.get('subject_token') ?? '');
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange') {
      return refuse(400, 'unsupported_grant_type', 'Invalid grant_type');
    }
    if (subject === undefined) {
      return refuse(400, 'invalid_grant', 'The given credential is rejected by the attribute condition.');
    }
    return json(200, {
      ...this.grantTo(`principal://${subject}`),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
  }

  /** `POST …/serviceAccounts/EMAIL:generateAccessToken` of IAM Credentials. The caller is known to be allowed. */
  answerImpersonation(email: string): LoopbackAnswer {
    const { access_token: accessToken } = this.grantTo(email);
    return json(200, {
      accessToken,
      expireTime: new Date(Date.now() + this.tokenSeconds * 1000).toISOString(),
    });
  }

  /** `POST /token` */
  answerToken(request: LoopbackRequest, fault: Fault['does'] | undefined): LoopbackAnswer {
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault?.kind === 'throttle') return refuse(429, 'rate_limit_exceeded', 'Rate Limit Exceeded');
    if (fault?.kind === 'error') return refuse(500, 'internal_failure', 'Backend Error');
    if (fault?.kind === 'deny') return refuse(403, 'access_denied', 'Account Restricted');
    const form = new URLSearchParams(request.body.toString());
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.redeem(form);
      case 'refresh_token':
        return this.refresh(form);
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return this.exchange(form.get('assertion') ?? '');
      default:
        return refuse(400, 'unsupported_grant_type', 'Invalid grant_type');
    }
  }

  private redeem(form: URLSearchParams): LoopbackAnswer {
    const { id, secret } = this.desktopClient;
    if (form.get('client_id') !== id || form.get('client_secret') !== secret)
      return refuse(401, 'invalid_client', 'The OAuth client was not found.');
    const code = form.get('code') ?? '';
    const known = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (known === undefined || known.challenge !== challenge)
      return refuse(400, 'invalid_grant', 'Malformed auth code.');
    if (known.redirectUri !== form.get('redirect_uri'))
      return refuse(400, 'redirect_uri_mismatch', 'Bad Request');
    const { email, offline } = known;
    const refresh_token = givenOut(`1//${randomBytes(24).toString('base64url')}`, 'refresh token of Google');
    if (offline)
      this.refreshTokens.set(refresh_token, { email, clientId: id, clientSecret: secret, ended: undefined });
    const claims = { iss: 'https://accounts.google.com', aud: id, email, email_verified: true };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return json(200, {
      ...this.grantTo(email, id),
      scope: known.scope,
      // Nobody can check it: it comes over the wire that it was asked for on.
      id_token: `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${randomBytes(256).toString('base64url')}`,
      ...(offline ? { refresh_token } : {}),
    });
  }

  private refresh(form: URLSearchParams): LoopbackAnswer {
    const known = this.refreshTokens.get(form.get('refresh_token') ?? '');
    if (known === undefined) return refuse(400, 'invalid_grant', 'Bad Request');
    if (form.get('client_secret') !== known.clientSecret)
      return refuse(401, 'invalid_client', 'Unauthorized');
    if (known.ended === 'revoked') {
      return refuse(400, 'invalid_grant', 'Token has been expired or revoked.');
    }
    if (known.ended === 'reauth') {
      return refuse(400, 'invalid_grant', 'reauth related error (invalid_rapt)', {
        error_uri: 'https://support.google.com/a/answer/9368756',
        error_subtype: 'invalid_rapt',
      });
    }
    return this.grant(known.email, known.clientId);
  }

  private exchange(assertion: string): LoopbackAnswer {
    const [header = '', payload = '', signature = ''] = assertion.split('.');
    const claims = parseClaims(payload);
    const key = this.publicKeys.get(claims.iss ?? '');
    if (key === undefined) return refuse(400, 'invalid_grant', 'Invalid grant: account not found');
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) {
      return refuse(400, 'invalid_grant', 'Invalid JWT Signature.');
    }
    const { iat = 0, exp = 0, aud, scope: asked } = claims;
    const now = Date.now() / 1000;
    if (aud !== audience && aud !== this.tokenUri()) {
      return refuse(400, 'invalid_grant', `Invalid JWT: Failed audience check.`);
    }
    if (exp < now || exp - iat > 3600) {
      return refuse(
        400,
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    if (!asked) return refuse(400, 'invalid_scope', 'Empty or missing scope not allowed.');
    return this.grant(claims.iss ?? '');
  }

  private grant(email: string, clientId = ''): LoopbackAnswer {
    return json(200, { ...this.grantTo(email, clientId), scope });
  }

  private grantTo(email: string, clientId = '') {
    const access_token = givenOut(`ya29.${randomBytes(40).toString('base64url')}`, 'access token of Google');
    this.accessTokens.set(access_token, {
      email,
      clientId,
      expiresAt: Date.now() + this.tokenSeconds * 1000,
    });
    return { access_token, expires_in: this.tokenSeconds, token_type: 'Bearer' };
  }
}

interface Claims {
  readonly iss?: string;
  readonly aud?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly scope?: string;
}

function parseClaims(payload: string): Claims {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  } catch {
    return {};
  }
}

function refuse(
  statusCode: number,
  error: string,
  error_description: string,
  more: object = {},
): LoopbackAnswer {
  return json(statusCode, { error, error_description, ...more });
}
