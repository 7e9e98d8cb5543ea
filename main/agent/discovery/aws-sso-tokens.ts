import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import { awsClientSettings } from './aws-clients.ts';
import type { AwsPlaces, AwsSession } from './aws-profiles.ts';
import type { SsoCache, SsoToken } from './aws-sso-cache.ts';
import { ssoTime } from './aws-sso-cache.ts';

/** A token is renewed this long before its end, as the SDKs do. */
const marginMs = 5 * 60_000;
/** How long a program may take from its answer to its file, in steps. */
const rivalMs = [0, 50, 100, 250];

export interface SsoTokens {
  /**
   * The access token of a sign-in, renewed by its refresh token where it has one; callers at the same time share one
   * request. Rejects with a `TokenProviderError` when the sign-in is over, else with the SDK's errors.
   */
  get(session: AwsSession): Promise<string>;
}

export function createSsoTokens(
  options: AwsPlaces & { readonly network: Network; readonly clock: Clock; readonly cache: SsoCache },
): SsoTokens {
  const { clock, cache } = options;
  const renewals = new Map<string, Promise<string>>();
  const left = (token: SsoToken) => Date.parse(token.expiresAt) - clock.now();

  const renew = async (session: AwsSession, held: SsoToken): Promise<string> => {
    try {
      const { clientId, clientSecret, refreshToken } = held;
      const { CreateTokenCommand } = await import('@aws-sdk/client-sso-oidc');
      const client = await ssoOidcClient(options, session.region);
      const request = { clientId, clientSecret, refreshToken, grantType: 'refresh_token' };
      const answer = await client.send(new CreateTokenCommand(request));
      const next = { ...held, ...tokenFrom(answer, clock) };
      await cache.write(session, next);
      return next.accessToken;
    } catch (error) {
      if (!(error instanceof Error) || !refusals.has(error.name)) {
        if (left(held) > 0) return held.accessToken;
        throw error;
      }
      // A refresh token may be good once only, and another program may have used it just before and be about to write.
      for (const pause of rivalMs) {
        await clock.sleep(pause);
        const now = await cache.read(session);
        if (now !== undefined && left(now) > 0) return now.accessToken;
      }
      throw signInOver();
    }
  };

  return {
    async get(session) {
      const held = await cache.read(session);
      if (held === undefined) throw signInOver();
      if (left(held) > marginMs) return held.accessToken;
      if (!isRenewable(held, clock.now())) {
        if (left(held) > 0) return held.accessToken;
        throw signInOver();
      }
      const running = renewals.get(session.name) ?? renew(session, held);
      renewals.set(session.name, running);
      const done = () => renewals.delete(session.name);
      running.then(done, done);
      return running;
    },
  };
}

/** What the token service says to a refresh token that it does not take any more. */
const refusals = new Set([
  'InvalidGrantException',
  'InvalidClientException',
  'UnauthorizedClientException',
  'ExpiredTokenException',
  'AccessDeniedException',
]);

/** Whether a new token can be had without a person. */
export function isRenewable(token: SsoToken, now: number): boolean {
  const { clientId, clientSecret, refreshToken, registrationExpiresAt = '' } = token;
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) return false;
  return !(Date.parse(registrationExpiresAt) <= now);
}

export async function ssoOidcClient(options: AwsPlaces & { readonly network: Network }, region: string) {
  const { SSOOIDCClient } = await import('@aws-sdk/client-sso-oidc');
  const settings = await awsClientSettings({ ...options, place: undefined, service: 'SSO_OIDC' });
  return new SSOOIDCClient({ ...settings, region });
}

/** What CreateToken gave, in the words of the cache. */
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

function signInOver(): Error {
  return Object.assign(new Error('There is no sign-in that still holds.'), { name: 'TokenProviderError' });
}
