import type { client as VaultClient } from 'node-vault';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Environment } from '../../parts.ts';
import type { VaultMethod } from './methods.ts';
import type { VaultTokenStore } from './token.ts';

/** Returns the error for a missing or expired Vault session. */
export function noToken(
  message: string,
  options: {
    readonly cause?: unknown;
    readonly hint?: string;
    readonly address: URL | undefined;
    /** True for a Vault that is not that of VAULT_ADDR: neither the vault command nor VAULT_TOKEN signs in to it. */
    readonly isOther?: boolean;
  },
): AppError {
  const { cause, address, isOther = false } = options;
  const session = address?.host;
  const hint =
    isOther && session !== undefined
      ? `Run \`${command`k8s-tunnels login vault ${session}`}\`.`
      : 'Run `k8s-tunnels login vault` or `vault login`, or set VAULT_TOKEN.';
  return new AppError('vault-no-token', message, {
    hint: options.hint ?? hint,
    cause,
    signIn: { provider: 'vault', session },
  });
}

/** Returns the HTTP status of an answer that node-vault rejected. */
export function vaultStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const { response } = error;
  return typeof response === 'object' &&
    response !== null &&
    'statusCode' in response &&
    typeof response.statusCode === 'number'
    ? response.statusCode
    : undefined;
}

/** Converts any failure of a Vault call; omits Vault's own text. `path` is the requested path. */
export function vaultError(options: {
  readonly error: unknown;
  readonly address: URL;
  readonly path: string;
  readonly capability: 'list' | 'read';
}): AppError {
  const { error: cause, address, path: asked, capability } = options;
  if (cause instanceof AppError) return cause;
  const status = vaultStatus(cause);
  if (status === 403) {
    return new AppError(
      'vault-denied',
      `Vault at ${address.host} does not allow you to ${capability} ${asked}.`,
      {
        hint: `Ask a Vault administrator for a policy with the capability "${capability}" on path "${asked}".`,
        cause,
      },
    );
  }
  const why =
    status === 429 ? 'it limits your requests' : status === 503 ? 'it is sealed or in standby' : status;
  return new AppError(
    'vault-failed',
    `Vault at ${address.host} did not answer ${asked} (${why ?? 'unreadable answer'}).`,
    {
      hint: 'Try again; if the error persists, ask a Vault administrator.',
      retryable: true,
      cause,
    },
  );
}

/** Checks whether a denial means that the token itself has expired. Returns any other error unchanged. */
export async function whyDenied(options: {
  /** A client of the namespace where the user has logged in. */
  readonly client: VaultClient;
  readonly address: URL;
  readonly env: Environment;
  /** The store of a Vault that is not that of VAULT_ADDR. */
  readonly store?: VaultTokenStore | undefined;
  readonly error: unknown;
}): Promise<unknown> {
  const { client, address, env, store, error } = options;
  const isOther = store !== undefined;
  if (!(error instanceof AppError) || error.code !== 'vault-denied') return error;
  try {
    await client.tokenLookupSelf();
    return error;
  } catch (cause) {
    if (vaultStatus(cause) !== 403) return error;
    const ended = 'it has expired or was revoked';
    if ((env.VAULT_TOKEN ?? '') === '')
      return noToken(`Vault at ${address.host} does not accept your token: ${ended}.`, {
        cause,
        address,
        isOther,
      });
    return noToken(`Vault at ${address.host} does not accept the token of VAULT_TOKEN: ${ended}.`, {
      cause,
      address,
      hint: 'Set VAULT_TOKEN to a new token, or unset it and run `k8s-tunnels login vault`. Then start the agent again: `k8s-tunnels quit`.',
    });
  }
}

/** Converts a failed login. `asked` means that the user typed a password for it. */
export function signInError(
  error: unknown,
  address: URL,
  { method, mount = method, asked }: Pick<VaultMethod, 'method' | 'mount'> & { readonly asked: boolean },
): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const status = vaultStatus(error);
  if (status === undefined) return error;
  if (status === 400 || status === 403) {
    return new AppError(
      'login-failed',
      asked
        ? `Vault at ${address.host} does not accept the user name or the password.`
        : `Vault at ${address.host} refused the sign-in by ${method}.`,
      {
        hint: asked ? 'Try again.' : `Ask a Vault administrator to look at auth/${mount}.`,
        cause: error,
      },
    );
  }
  return new AppError('vault-failed', `Vault at ${address.host} did not answer auth/${mount} (${status}).`, {
    hint:
      status === 404
        ? 'Set the method and its mount in the organisation’s file (sources.vault.addresses.login).'
        : 'Try again; if the error persists, ask a Vault administrator.',
    retryable: status !== 404,
    cause: error,
  });
}
