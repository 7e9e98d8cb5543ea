import { createHash } from 'node:crypto';
import type { SSOOIDCClient } from '@aws-sdk/client-sso-oidc';
import { createSingleFlight } from '../../async/single-flight.ts';
import type { Network } from '../../network/network.ts';
import type { Clock } from '../../parts.ts';
import { awsClientSettings } from './clients.ts';
import type { AwsParts } from './profiles.ts';
import type { AwsSession } from './sessions.ts';
import type { SsoCache, SsoToken } from './sso-cache.ts';
import { ssoTime } from './sso-cache.ts';

/** How long before expiry a token is renewed, as in the SDKs. */
const marginMs = 5 * 60_000;
/** How long another program may take from its answer to its file, in steps. */
const rivalMs = [0, 50, 100, 250];

export interface SsoTokens {
  /**
   * Returns the access token of a session, renewed by its refresh token if it has one. Concurrent callers share one
   * request. Rejects with a `TokenProviderError` if the session has expired, else with the SDK's errors.
   */
  get(session: AwsSession): Promise<string>;
  /**
   * Identifies the stored session without a secret; undefined if there is none. Stays the same while this process
   * renews the token. A token that another program wrote may be another user's, so it counts as another session.
   */
  identity(session: AwsSession): Promise<string | undefined>;
  /**
   * Names the stored token without a secret, for a file that outlives this process. `follows` tells whether it belongs
   * to the same session as a token that was named before.
   */
  name(session: AwsSession): Promise<TokenName | undefined>;
}

export interface TokenName {
  readonly name: string;
  follows(earlier: string | undefined): boolean;
}

export function createSsoTokens(
  options: AwsParts & { readonly network: Network; readonly clock: Clock; readonly cache: SsoCache },
): SsoTokens {
  const { clock, cache } = options;
  const renewals = createSingleFlight<string, string>();
  /** For a token from a renewal, the name of the session that it continues. */
  const continues = new Map<string, string>();
  const origin = (name: string) => continues.get(name) ?? name;
  const left = (token: SsoToken) => Date.parse(token.expiresAt) - clock.now();

  const renew = async (session: AwsSession, held: SsoToken): Promise<string> => {
    try {
      const { clientId, clientSecret, refreshToken } = held;
      const { CreateTokenCommand } = await import('@aws-sdk/client-sso-oidc');
      const client = await ssoOidcClient(options, session.region);
      const request = { clientId, clientSecret, refreshToken, grantType: 'refresh_token' };
      const answer = await client.send(new CreateTokenCommand(request));
      const next = { ...held, ...tokenFrom(answer, clock) };
      continues.set(nameOf(next), origin(nameOf(held)));
      await cache.write(session, next);
      return next.accessToken;
    } catch (error) {
      if (!(error instanceof Error) || !refusals.has(error.name)) {
        if (left(held) > 0) return held.accessToken;
        throw error;
      }
      // A refresh token may be valid only once, and another program may have just used it and be about to write.
      for (const pause of rivalMs) {
        await clock.sleep(pause);
        const now = await cache.read(session);
        if (now !== undefined && left(now) > 0) return now.accessToken;
      }
      throw signInOver();
    }
  };

  return {
    async identity(session) {
      const held = await cache.read(session);
      return held === undefined ? undefined : origin(nameOf(held));
    },
    async name(session) {
      const held = await cache.read(session);
      if (held === undefined) return undefined;
      const name = nameOf(held);
      return {
        name,
        follows: (earlier) => earlier !== undefined && origin(earlier) === origin(name),
      };
    },
    async get(session) {
      const held = await cache.read(session);
      if (held === undefined) throw Object.assign(signInOver(), { isNoSignIn: true });
      if (left(held) > marginMs) return held.accessToken;
      if (!isRenewable(held, clock.now())) {
        if (left(held) > 0) return held.accessToken;
        throw signInOver();
      }
      return renewals.share(session.name, () => renew(session, held));
    },
  };
}

/** The token service's errors for a refresh token that is no longer valid. */
const refusals = new Set([
  'InvalidGrantException',
  'InvalidClientException',
  'UnauthorizedClientException',
  'ExpiredTokenException',
  'AccessDeniedException',
]);

/** Returns whether the token can be renewed without the user. */
export function isRenewable(token: SsoToken, now: number): boolean {
  const { clientId, clientSecret, refreshToken, registrationExpiresAt = '' } = token;
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) return false;
  return !(Date.parse(registrationExpiresAt) <= now);
}

export async function ssoOidcClient(options: AwsParts & { readonly network: Network }, region: string) {
  const { SSOOIDCClient } = await import('@aws-sdk/client-sso-oidc');
  const settings = await awsClientSettings({ ...options, principal: undefined, service: 'SSO_OIDC' });
  return new SSOOIDCClient({ ...settings, region });
}

/** Returns the token service's own address: the SDK does not know this operation. */
export async function authorizeUrl(client: SSOOIDCClient, { region }: AwsSession): Promise<URL> {
  const { endpoint, endpointProvider } = client.config;
  if (endpoint === undefined) {
    const { url } = endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false });
    return new URL('/authorize', url);
  }
  const { protocol, hostname, port } = await endpoint();
  return new URL('/authorize', `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
}

/** Converts the answer of CreateToken to the fields of the cache. */
export function tokenFrom(
  answer: {
    readonly accessToken?: string | undefined;
    readonly expiresIn?: number | undefined;
    readonly refreshToken?: string | undefined;
  },
  clock: Clock,
) {
  const { accessToken, expiresIn = 0, refreshToken } = answer;
  if (accessToken === undefined) throw new Error('CreateToken gave no token');
  return {
    accessToken,
    expiresAt: ssoTime(clock.now() + expiresIn * 1000),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

function nameOf({ accessToken }: SsoToken): string {
  return createHash('sha256').update(accessToken).digest('hex');
}

/** Returns whether an error means that nobody has signed in, as opposed to an expired session. */
export function isNoSignIn(error: unknown): boolean {
  return error instanceof Error && 'isNoSignIn' in error;
}

function signInOver(): Error {
  return Object.assign(new Error('There is no valid session.'), { name: 'TokenProviderError' });
}
