import type { Configuration } from 'openid-client';
import { AppError } from '../../../model/app-error.ts';
import { isThisComputer } from '../../cluster-fields/oidc.ts';
import type { Network } from '../../network/network.ts';
import { networkFetch } from '../../network/network-fetch.ts';

/** An OpenID Connect issuer that clusters trust, and the application for its logins. */
export interface OidcIssuer {
  /** `https://…`, as the cluster's API server has it. */
  readonly issuer: string;
  readonly clientId: string;
  /** For an application that requires one: it is not secret on a user's own computer. */
  readonly clientSecret?: string | undefined;
  /** In addition to `openid`; the default is `email` and `offline_access`. */
  readonly scopes?: readonly string[] | undefined;
  /** Set if the issuer allows only one port: the redirect address is then `http://localhost:PORT`. */
  readonly port?: number | undefined;
}

/**
 * Returns a session's name: the issuer's host, with application and path if clusters name several issuers of that host.
 */
export function sessionOf({ issuer, clientId }: OidcIssuer, all: readonly OidcIssuer[]): string {
  const { host, pathname } = new URL(issuer);
  const isOnly = all.every(
    (other) =>
      new URL(other.issuer).host !== host || (other.issuer === issuer && other.clientId === clientId),
  );
  return isOnly ? host : `${clientId}@${host}${pathname.replace(/\/$/, '')}`;
}

/** The tolerance between our clock and the issuer's, in seconds. */
const clockToleranceSeconds = 10 * 60;

/** Reads the issuer's discovery document. Rejects with `login-failed` or a network code. */
export async function openIssuer(network: Network, one: OidcIssuer): Promise<Configuration> {
  const client = await import('openid-client');
  const url = new URL(one.issuer);
  const overNetwork = networkFetch(network);
  try {
    return await client.discovery(
      url,
      one.clientId,
      { [client.clockTolerance]: clockToleranceSeconds },
      one.clientSecret === undefined ? client.None() : client.ClientSecretPost(one.clientSecret),
      {
        [client.customFetch]: (address, { body, signal, ...rest }) =>
          // The library sends forms.
          overNetwork(address, {
            ...rest,
            body: body === undefined || body === null ? null : String(body),
            signal: signal ?? null,
          }),
        execute: isThisComputer(url) ? [client.allowInsecureRequests] : [],
      },
    );
  } catch (error) {
    throw oidcError(error, one);
  }
}

/**
 * Makes a login send its redirect address as it is: the library adds the slash of an empty path when it redeems the code,
 * and issuers compare the address with that of the first request (RFC 6749, 4.1.3).
 */
export async function keepRedirect(config: Configuration, redirectUri: string): Promise<void> {
  const client = await import('openid-client');
  const send = config[client.customFetch];
  if (send === undefined) return;
  config[client.customFetch] = (address, options) => {
    const { body } = options;
    if (!(body instanceof URLSearchParams) || !body.has('redirect_uri')) return send(address, options);
    const exact = new URLSearchParams(body);
    exact.set('redirect_uri', redirectUri);
    return send(address, { ...options, body: exact });
  };
}

export function scopeOf({ scopes = ['email', 'offline_access'] }: OidcIssuer): string {
  return ['openid', ...scopes].join(' ');
}

/** Omits the library's own text, except the OAuth error code. */
export function oidcError(error: unknown, { issuer }: OidcIssuer): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError') return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof AppError) return cause;
  const { host } = new URL(issuer);
  const said = refusalOf(error);
  if (said === 'access_denied')
    return new AppError('login-failed', `The sign-in to ${host} was not allowed.`, {
      hint: 'Sign in again and allow it.',
      cause: error,
    });
  if (said === 'expired_token')
    return new AppError('login-failed', `The code for ${host} was not entered in time.`, {
      hint: 'Sign in again to get a new one.',
      cause: error,
    });
  return new AppError(
    'login-failed',
    `${host} did not accept the sign-in (${said ?? 'an answer that cannot be trusted'}).`,
    {
      hint:
        said === 'invalid_client'
          ? 'Ask the cluster owner: the issuer does not know the client.'
          : 'Sign in again.',
      retryable: said !== 'invalid_client',
      cause: error,
    },
  );
}

/** Returns `invalid_grant` and the like; undefined if the issuer sent no such code. */
export function refusalOf(error: unknown): string | undefined {
  const said = error instanceof Error && 'error' in error ? error.error : undefined;
  return typeof said === 'string' && /^[a-z_]{1,40}$/.test(said) ? said : undefined;
}
