import type { Configuration } from 'openid-client';
import { AppError } from '../../../model/app-error.ts';
import { isThisComputer } from '../../cluster-fields/oidc.ts';
import type { Network } from '../../network/network.ts';
import { networkFetch } from '../../network/network-fetch.ts';

/** An issuer of OpenID Connect that clusters trust, and the application that signs people in to them. */
export interface OidcIssuer {
  /** `https://…`, as the cluster's API server has it. */
  readonly issuer: string;
  readonly clientId: string;
  /** For an application that must show one: no secret to a person's own computer. */
  readonly clientSecret?: string | undefined;
  /** Besides `openid`; `email` and `offline_access` where undefined. */
  readonly scopes?: readonly string[] | undefined;
  /** Where the issuer allows one port only: the browser then comes back to `http://localhost:PORT`. */
  readonly port?: number | undefined;
}

/**
 * What people call a sign-in: the issuer's host, or its application and path there too, where the clusters name several
 * of that host.
 */
export function sessionOf({ issuer, clientId }: OidcIssuer, all: readonly OidcIssuer[]): string {
  const { host, pathname } = new URL(issuer);
  const isOnly = all.every(
    (other) =>
      new URL(other.issuer).host !== host || (other.issuer === issuer && other.clientId === clientId),
  );
  return isOnly ? host : `${clientId}@${host}${pathname.replace(/\/$/, '')}`;
}

/** Allowed between our clock and the issuer's, in seconds. */
const clockToleranceSeconds = 10 * 60;

/** Reads the issuer's own description. Rejects with `login-failed` or a network code. */
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
          // It sends forms.
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

export function scopeOf({ scopes = ['email', 'offline_access'] }: OidcIssuer): string {
  return ['openid', ...scopes].join(' ');
}

/** The library's own text stays out of it, but for the word of OAuth. */
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

/** `invalid_grant` and the like; undefined where the issuer said nothing of the kind. */
export function refusalOf(error: unknown): string | undefined {
  const said = error instanceof Error && 'error' in error ? error.error : undefined;
  return typeof said === 'string' && /^[a-z_]{1,40}$/.test(said) ? said : undefined;
}
