import { createHash } from 'node:crypto';
import { AppError } from '../../../model/app-error.ts';
import type { CredentialSource } from '../../../model/cluster.ts';
import { pemFrom } from '../../cluster-fields/pem.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { encodePath, kvPaths, type VaultParts, vaultAddress, vaultClient } from './client.ts';
import { vaultError, vaultStatus, whyDenied } from './errors.ts';
import { type heldCredential, secretFrom } from './secret.ts';
import { partsFor, type VaultServer } from './servers.ts';
import { vaultToken } from './token.ts';

type VaultSource = Extract<CredentialSource, { kind: 'vault' }>;

/** Reads clusters' credentials from their secrets, each with the token of its own Vault. */
export function vaultCredentials(options: {
  /** The current parts and servers: where Vault is, and further servers. */
  readonly parts: () => VaultParts;
  readonly servers: () => readonly VaultServer[];
}): CredentialProviderOf<'vault'> {
  return {
    kind: 'vault',
    async prepare({ source }) {
      const there = partsFor(source, { parts: options.parts(), servers: options.servers() });
      const { identity, token } = await identityOf(there, source);
      return { identity, make: () => readVaultCredential({ ...there, source, token }) };
    },
  };
}

/** Returns the current token and an identity of its user in Vault. Rejects as `vaultToken`. */
async function identityOf(parts: VaultParts, { address, namespace }: VaultSource) {
  const token = await vaultToken(parts);
  const { VAULT_ADDR = '', VAULT_NAMESPACE = '' } = parts.env;
  const digest = createHash('sha256').update(token).digest('hex');
  return { token, identity: JSON.stringify([address, VAULT_ADDR, namespace ?? VAULT_NAMESPACE, digest]) };
}

/**
 * Reads a cluster's current credential from Vault. Rejects with `vault-no-token`, `vault-denied`, `vault-failed`, a
 * network code, or `credential-failed` if the secret is gone, holds none, or is in a Vault that `VAULT_ADDR` no longer
 * names.
 */
export async function readVaultCredential(
  options: VaultParts & {
    readonly source: Extract<CredentialSource, { kind: 'vault' }>;
    /** A token from `vaultToken`; undefined: the current one. */
    readonly token?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Credential> {
  const { source, signal } = options;
  const address = vaultAddress(source.address);
  const current = options.env.VAULT_ADDR ?? '';
  // The token belongs to the Vault of VAULT_ADDR: no other server may receive it.
  if (current === '' || vaultAddress(current).origin !== address.origin) {
    throw new AppError(
      'credential-failed',
      current === ''
        ? `The credential is stored in Vault at ${address.host}, and VAULT_ADDR is not set.`
        : `The credential is stored in Vault at ${address.host}, which is not VAULT_ADDR.`,
      {
        hint: `Set VAULT_ADDR to ${address.origin}, or run \`k8s-tunnels discover\`.`,
      },
    );
  }
  const connection = { parts: options, address, token: options.token ?? (await vaultToken(options)), signal };
  const client = await vaultClient({ ...connection, namespace: source.namespace });
  options.renewals?.use(address, connection.token);
  const where = `${source.mount}/${source.path}`;
  // The mount may have been upgraded since it was read.
  for (const version of source.version === 2 ? ([2, 1] as const) : ([1, 2] as const)) {
    const path = kvPaths({ mount: source.mount, version, folder: '' }).read(source.path);
    let answer: unknown;
    try {
      answer = await client.read(encodePath(path));
    } catch (error) {
      if (vaultStatus(error) === 404) continue;
      throw await whyDenied({
        client: await vaultClient(connection),
        address,
        env: options.env,
        store: options.store,
        error: vaultError({ error, address, path, capability: 'read' }),
      });
    }
    const secret = secretFrom(version, answer);
    if (secret !== undefined) return credentialFrom(secret.data, where);
  }
  throw new AppError(
    'credential-failed',
    `There is no secret ${where} in Vault at ${address.host} any more.`,
    {
      hint: 'Run `k8s-tunnels discover`, or ask the owner of the clusters in Vault.',
    },
  );
}

function credentialFrom(data: Parameters<typeof heldCredential>[0], where: string): Credential {
  if (data.token !== undefined) return { kind: 'token', token: data.token.trim(), expiresAt: undefined };
  const certificate = pemFrom(data['client-certificate-data'] ?? '');
  const key = pemFrom(data['client-key-data'] ?? '');
  if (certificate !== undefined && key !== undefined)
    return { kind: 'client-certificate', certificate, key, expiresAt: undefined };
  throw new AppError(
    'credential-failed',
    `Secret ${where} holds no token and no client certificate with its key.`,
    {
      hint: 'Store `token`, or `client-certificate-data` and `client-key-data` (PEM or its base64) in it.',
    },
  );
}
