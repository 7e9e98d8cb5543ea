import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { escapeHtml, page } from '../access/answers.ts';
import { givenOut } from '../given-out.ts';
import type { LoopbackAnswer, LoopbackRequest } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import type { Fault } from '../traffic.ts';
import type { SignIns } from './sign-ins.ts';

export type SsoOidcOperation =
  | 'RegisterClient'
  | 'StartDeviceAuthorization'
  | 'CreateToken'
  /** What a browser opens. */
  | 'authorize'
  | 'device';

const operations: Readonly<Record<string, SsoOidcOperation>> = {
  'POST /client/register': 'RegisterClient',
  'POST /device_authorization': 'StartDeviceAuthorization',
  'POST /token': 'CreateToken',
  'GET /authorize': 'authorize',
  'POST /authorize': 'authorize',
  'GET /device': 'device',
  'POST /device': 'device',
};

/** What a request asks of the token service of Identity Center; undefined where it is not for it. */
export function ssoOidcOperation(request: LoopbackRequest): SsoOidcOperation | undefined {
  return operations[`${request.method} ${new URL(request.target, 'http://oidc').pathname}`];
}

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly endsAt: number;
}
interface Code {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly until: number;
}
interface Device {
  readonly clientId: string;
  readonly deviceCode: string;
  readonly userCode: string;
  readonly until: number;
  polledAt: number;
  allowed: boolean;
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const intervalSeconds = 1;
const tokenSeconds = 3600;

/** The token service of Identity Center (REST JSON, unsigned) and, in short, the pages that a person signs in on. */
export class SsoOidc {
  private readonly plan: () => Plan;
  private readonly signIns: SignIns;
  private readonly clients = new Map<string, Client>();
  private readonly codes = new Map<string, Code>();
  private readonly devices = new Map<string, Device>();

  constructor(options: { readonly plan: () => Plan; readonly signIns: SignIns }) {
    this.plan = options.plan;
    this.signIns = options.signIns;
  }

  answer(
    operation: SsoOidcOperation,
    request: LoopbackRequest,
    fault: Fault['does'] | undefined,
  ): LoopbackAnswer {
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (fault !== undefined) return failure(500, 'InternalServerException', 'server_error');
    switch (operation) {
      case 'RegisterClient':
        return this.register(bodyOf(request));
      case 'StartDeviceAuthorization':
        return this.startDevice(bodyOf(request), request);
      case 'CreateToken':
        return this.createToken(bodyOf(request));
      case 'authorize':
        return this.authorize(request);
      case 'device':
        return this.enterCode(request);
    }
  }

  private register(body: Body): LoopbackAnswer {
    const { clientName, clientType, redirectUris = [], grantTypes = [], issuerUrl } = body;
    if (typeof clientName !== 'string' || clientType !== 'public')
      return failure(400, 'InvalidClientMetadataException', 'invalid_client_metadata');
    const byCode = Array.isArray(grantTypes) && grantTypes.includes('authorization_code');
    if (
      !Array.isArray(redirectUris) ||
      (byCode && (redirectUris.length === 0 || issuerUrl !== this.plan().identityCenter.startUrl))
    )
      return failure(400, 'InvalidRequestException', 'invalid_request');
    const client: Client = {
      clientId: randomBytes(16).toString('base64url'),
      clientSecret: givenOut(randomBytes(64).toString('base64url'), 'client secret of Identity Center'),
      redirectUris: redirectUris.map(String),
      endsAt: Date.now() + 90 * 86_400_000,
    };
    this.clients.set(client.clientId, client);
    return json(200, {
      authorizationEndpoint: null,
      clientId: client.clientId,
      clientIdIssuedAt: Math.floor(Date.now() / 1000),
      clientSecret: client.clientSecret,
      clientSecretExpiresAt: Math.floor(client.endsAt / 1000),
      tokenEndpoint: null,
    });
  }

  private startDevice(body: Body, request: LoopbackRequest): LoopbackAnswer {
    const client = this.clientOf(body);
    if (client === undefined) return failure(401, 'InvalidClientException', 'invalid_client');
    if (body.startUrl !== this.plan().identityCenter.startUrl)
      return failure(400, 'InvalidRequestException', 'invalid_request');
    const letters = () => Array.from({ length: 4 }, () => 'BCDFGHJKLMNPQRSTVWXZ'[randomInt(20)]).join('');
    const device: Device = {
      clientId: client.clientId,
      deviceCode: givenOut(randomBytes(48).toString('base64url'), 'device code of Identity Center'),
      userCode: `${letters()}-${letters()}`,
      until: Date.now() + 600_000,
      polledAt: 0,
      allowed: false,
    };
    this.devices.set(device.deviceCode, device);
    const verificationUri = `http://${request.headers.host}/device`;
    return json(200, {
      deviceCode: device.deviceCode,
      expiresIn: 600,
      interval: intervalSeconds,
      userCode: device.userCode,
      verificationUri,
      verificationUriComplete: `${verificationUri}?user_code=${device.userCode}`,
    });
  }

  private createToken(body: Body): LoopbackAnswer {
    const { grantType, clientId = '', clientSecret = '', refreshToken = '' } = body;
    if (grantType === 'refresh_token') {
      const next = this.signIns.refresh(
        String(refreshToken),
        String(clientId),
        String(clientSecret),
        tokenSeconds,
      );
      return next === undefined ? failure(400, 'InvalidGrantException', 'invalid_grant') : granted(next);
    }
    if (grantType !== 'authorization_code' && grantType !== deviceGrant)
      return failure(400, 'UnsupportedGrantTypeException', 'unsupported_grant_type');
    const client = this.clientOf(body);
    if (client === undefined) return failure(401, 'InvalidClientException', 'invalid_client');
    const refused =
      grantType === deviceGrant ? this.redeemDevice(body, client) : this.redeemCode(body, client);
    return refused ?? granted(this.signIns.issue(tokenSeconds, client));
  }

  private redeemCode(
    { code, redirectUri, codeVerifier }: Body,
    { clientId }: Client,
  ): LoopbackAnswer | undefined {
    const known = this.codes.get(String(code));
    this.codes.delete(String(code));
    const challenge = createHash('sha256').update(String(codeVerifier)).digest('base64url');
    if (
      known === undefined ||
      known.until < Date.now() ||
      known.clientId !== clientId ||
      known.redirectUri !== redirectUri ||
      known.challenge !== challenge
    )
      return failure(400, 'InvalidGrantException', 'invalid_grant');
    return undefined;
  }

  private redeemDevice({ deviceCode }: Body, { clientId }: Client): LoopbackAnswer | undefined {
    const known = this.devices.get(String(deviceCode));
    if (known === undefined || known.clientId !== clientId)
      return failure(400, 'InvalidGrantException', 'invalid_grant');
    if (known.until < Date.now()) return failure(400, 'ExpiredTokenException', 'expired_token');
    const soon = Date.now() - known.polledAt < intervalSeconds * 900;
    known.polledAt = Date.now();
    if (known.allowed) {
      this.devices.delete(known.deviceCode);
      return undefined;
    }
    return soon
      ? failure(400, 'SlowDownException', 'slow_down')
      : failure(400, 'AuthorizationPendingException', 'authorization_pending');
  }

  private authorize(request: LoopbackRequest): LoopbackAnswer {
    const { searchParams, search } = new URL(request.target, 'http://oidc');
    const asked = (name: string) => searchParams.get(name) ?? '';
    const client = this.clients.get(asked('client_id'));
    const redirectUri = asked('redirect_uri');
    if (
      client === undefined ||
      !client.redirectUris.some((known) => isSameButPort(known, redirectUri)) ||
      asked('response_type') !== 'code' ||
      asked('code_challenge_method') !== 'S256' ||
      asked('code_challenge') === '' ||
      asked('scopes') === ''
    )
      return html(400, 'Bad request', '<h1>Invalid request</h1>');
    if (request.method === 'GET') return html(200, 'Allow access', signInForm(`/authorize${search}`));
    if (!this.isPerson(request)) return html(401, 'Allow access', '<h1>Wrong email or password</h1>');
    const code = givenOut(randomBytes(32).toString('base64url'), 'code of Identity Center');
    this.codes.set(code, {
      clientId: client.clientId,
      redirectUri,
      challenge: asked('code_challenge'),
      until: Date.now() + 60_000,
    });
    const location = `${redirectUri}?${new URLSearchParams({ code, state: asked('state') })}`;
    return { kind: 'answer', statusCode: 302, headers: { location }, body: '' };
  }

  private enterCode(request: LoopbackRequest): LoopbackAnswer {
    const { searchParams, search } = new URL(request.target, 'http://oidc');
    if (request.method === 'GET') return html(200, 'Authorize request', signInForm(`/device${search}`));
    const userCode = searchParams.get('user_code') ?? '';
    const device = [...this.devices.values()].find((one) => one.userCode === userCode);
    if (device === undefined) return html(400, 'Authorize request', '<h1>Unknown code</h1>');
    if (!this.isPerson(request)) return html(401, 'Authorize request', '<h1>Wrong email or password</h1>');
    device.allowed = true;
    return html(200, 'Request approved', '<h1>Request approved</h1>');
  }

  private clientOf({ clientId, clientSecret }: Body): Client | undefined {
    const client = this.clients.get(String(clientId));
    return client?.clientSecret === clientSecret && client !== undefined && client.endsAt > Date.now()
      ? client
      : undefined;
  }

  private isPerson(request: LoopbackRequest): boolean {
    const form = new URLSearchParams(request.body.toString());
    const { people } = this.plan();
    return people.some(
      ({ email, password }) => form.get('email') === email && form.get('password') === password,
    );
  }
}

type Body = Readonly<Record<string, unknown>>;

function bodyOf(request: LoopbackRequest): Body {
  return JSON.parse(request.body.toString()) as Body;
}

/** The port of a loopback address is the client's choice (RFC 8252, 7.3). */
function isSameButPort(known: string, asked: string): boolean {
  const url = URL.parse(asked);
  if (url === null) return false;
  url.port = '';
  return url.href === known;
}

function granted({
  accessToken,
  refreshToken,
}: {
  readonly accessToken: string;
  readonly refreshToken: string;
}) {
  return json(200, {
    accessToken,
    aws_sso_app_session_id: null,
    expiresIn: tokenSeconds,
    idToken: null,
    issuedTokenType: null,
    originSessionId: null,
    refreshToken,
    tokenType: 'Bearer',
  });
}

function signInForm(action: string): string {
  return `<h1>Allow access to your data?</h1>
<form method="post" action="${escapeHtml(action)}">
<label>Email <input type="email" name="email"></label>
<label>Password <input type="password" name="password"></label>
<button type="submit">Allow access</button>
</form>`;
}

function html(statusCode: number, title: string, body: string): LoopbackAnswer {
  return { kind: 'answer', statusCode, headers: { 'content-type': 'text/html' }, body: page(title, body) };
}

function failure(statusCode: number, code: string, error: string): LoopbackAnswer {
  return json(statusCode, { error, error_description: 'Invalid request' }, { 'x-amzn-errortype': code });
}

function json(statusCode: number, body: object, more: Readonly<Record<string, string>> = {}): LoopbackAnswer {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...more };
  return { kind: 'answer', statusCode, headers, body: JSON.stringify(body) };
}
