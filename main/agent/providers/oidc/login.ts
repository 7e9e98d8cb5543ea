import type { Configuration } from 'openid-client';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import type { Network } from '../../network/network.ts';
import { checkUrl } from '../../open-url.ts';
import type { Clock } from '../../parts.ts';
import type { LoginProvider, SignInRequest } from '../login-provider.ts';
import type { OidcConsents } from './consents.ts';
import { keepRedirect, type OidcIssuer, oidcError, openIssuer, scopeOf, sessionOf } from './issuer.ts';
import type { OidcTokens } from './tokens.ts';

/**
 * Any OpenID Connect issuer: the authorization code with PKCE, or a device code if the issuer supports it and no
 * browser opens. A session is an application of an issuer.
 */
export function createOidcLogin(options: {
  readonly network: Network;
  readonly clock: Clock;
  readonly tokens: OidcTokens;
  readonly consents: Pick<OidcConsents, 'servers' | 'revoke'>;
  readonly file: string;
  /** The issuers that clusters name. */
  readonly issuers: () => readonly OidcIssuer[];
}): LoginProvider {
  const { network, clock, tokens, consents, file } = options;

  const find = (session: string): OidcIssuer => {
    const all = options.issuers();
    const found = all.find((one) => sessionOf(one, all) === session);
    if (found === undefined)
      throw new AppError('not-found', `No cluster names the issuer ${session} any more.`);
    return found;
  };

  /** Returns false if no browser opened. */
  const byCode = async (config: Configuration, one: OidcIssuer, request: SignInRequest): Promise<boolean> => {
    // Check first: the library's own error has no reason for users.
    checkUrl(config.serverMetadata().authorization_endpoint ?? '');
    const client = await import('openid-client');
    const callback = await openCallback(
      {
        ...(one.port === undefined
          ? { host: '127.0.0.1', path: '/callback' }
          : { host: 'localhost', port: one.port, path: '/' }),
        title: hostOf(one.issuer),
      },
      request,
    );
    try {
      const { redirectUri } = callback;
      const { verifier, challenge, state } = createPkce();
      const nonce = client.randomNonce();
      await keepRedirect(config, redirectUri);
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopeOf(one),
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      });
      const received = callback.receive({
        state,
        signal: request.signal,
        async finish(parameters) {
          const came = new URL(redirectUri);
          came.search = parameters.toString();
          try {
            const checks = {
              pkceCodeVerifier: verifier,
              expectedState: state,
              expectedNonce: nonce,
              idTokenExpected: true,
            };
            const answer = await client.authorizationCodeGrant(config, came, checks);
            request.signal.throwIfAborted();
            await tokens.keep(one, answer);
          } catch (error) {
            throw oidcError(error, one);
          }
        },
      });
      received.catch(() => {});
      if (!(await request.onUrl(url.href)) && hasDeviceCode(config)) return false;
      await received;
      return true;
    } finally {
      callback.close();
    }
  };

  const byDevice = async (config: Configuration, one: OidcIssuer, request: SignInRequest): Promise<void> => {
    const client = await import('openid-client');
    try {
      const asked = await client.initiateDeviceAuthorization(config, { scope: scopeOf(one) });
      const url = asked.verification_uri_complete ?? asked.verification_uri;
      request.onDeviceCode({ url, userCode: asked.user_code });
      const { signal } = request;
      await tokens.keep(one, await client.pollDeviceAuthorizationGrant(config, asked, undefined, { signal }));
    } catch (error) {
      throw oidcError(error, one);
    }
  };

  return {
    kind: 'oidc',
    title: 'OpenID Connect',
    setUp: 'No cluster names an issuer to sign in to.',
    async accounts() {
      const all = options.issuers();
      const bySession = new Map(all.map((one) => [sessionOf(one, all), one]));
      return Promise.all(
        [...bySession].map(async ([session, one]): Promise<Account> => {
          const held = await tokens.held(one).catch(() => undefined);
          const servers = await consents.servers(one).catch(() => []);
          const allowed = servers.length === 0 ? {} : { allowed: [...servers] };
          const account = {
            provider: 'oidc',
            session,
            store: file,
            asks: 'browser',
            ours: true,
            ...allowed,
          } as const;
          if (held === undefined) return { ...account, status: 'signed-out', renews: false };
          const { who, expiresAt: endsAt } = held;
          const renews = held.refreshToken !== undefined;
          const status = renews || endsAt > clock.now() ? 'signed-in' : 'ended';
          const needed = status === 'ended' ? ({ needed: true } as const) : {};
          return { ...account, ...(who === undefined ? {} : { who }), status, endsAt, renews, ...needed };
        }),
      );
    },
    async signIn(request) {
      const one = find(request.session);
      const config = await openIssuer(network, one);
      if (request.deviceCode && !hasDeviceCode(config)) {
        throw new AppError('login-failed', `${request.session} does not support device codes.`, {
          hint: 'Sign in with a browser.',
        });
      }
      if (request.deviceCode || !(await byCode(config, one, request))) await byDevice(config, one, request);
    },
    async signOut(session): Promise<SignOut> {
      const one = find(session);
      const servers = await consents.revoke(one);
      const revoked = servers.map((server) => `The permission of ${server} to receive its id token`);
      const held = await tokens.forget(one);
      if (held === undefined) return { removed: revoked, remaining: [] };
      const isRevoked = await revoke(network, one, held.refreshToken);
      return {
        removed: [`The session of ${session} (${file})${isRevoked ? ', revoked' : ''}`, ...revoked],
        remaining: [
          `A token that a kubectl holds already, until ${new Date(held.expiresAt).toISOString()}.`,
          `The session at ${session}, in the browser.`,
        ],
      };
    },
  };
}

function hostOf(issuer: string): string {
  return new URL(issuer).host;
}

function hasDeviceCode(config: Configuration): boolean {
  return config.serverMetadata().device_authorization_endpoint !== undefined;
}

async function revoke(network: Network, one: OidcIssuer, refreshToken: string | undefined): Promise<boolean> {
  if (refreshToken === undefined) return false;
  try {
    const client = await import('openid-client');
    const config = await openIssuer(network, one);
    if (config.serverMetadata().revocation_endpoint === undefined) return false;
    await client.tokenRevocation(config, refreshToken);
    return true;
  } catch {
    return false;
  }
}
