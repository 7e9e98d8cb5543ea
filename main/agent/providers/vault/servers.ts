import type { CredentialSource } from '../../../model/cluster.ts';
import type { Organisation } from '../../../model/organisation.ts';
import type { Environment } from '../../parts.ts';

/** A Vault server in addition to that of `VAULT_ADDR`. */
export interface VaultServer {
  readonly address: string;
  /** Undefined: the root namespace. */
  readonly namespace?: string | undefined;
  readonly mounts: readonly string[];
}

/** Returns the environment with the organisation's Vault if the user has set none. Its namespace belongs to it. */
export function vaultEnvironment(env: Environment, organisation: Organisation | undefined): Environment {
  const [vault] = organisation?.sources?.vault?.addresses ?? [];
  if (vault === undefined || (env.VAULT_ADDR !== undefined && env.VAULT_ADDR !== '')) return env;
  return { ...env, VAULT_ADDR: vault.address, VAULT_NAMESPACE: vault.namespace ?? env.VAULT_NAMESPACE };
}

/** Returns the organisation's further Vault servers; the first is used by `vaultEnvironment`. */
export function vaultServers(organisation: Organisation | undefined): readonly VaultServer[] {
  return (organisation?.sources?.vault?.addresses ?? []).slice(1);
}

/** Returns the organisation's login method for that server, if it sets one. */
export function vaultLogin(address: URL, organisation: Organisation | undefined) {
  return organisation?.sources?.vault?.addresses?.find(
    (one) => URL.parse(one.address)?.origin === address.origin,
  )?.login;
}

/** Returns the environment in which this server is that of `VAULT_ADDR`. */
export function vaultServerEnvironment(env: Environment, { address, namespace }: VaultServer): Environment {
  return { ...env, VAULT_ADDR: address, VAULT_NAMESPACE: namespace ?? '' };
}

/** Returns the environment in which the server of a cluster's secret is that of `VAULT_ADDR`. */
export function environmentFor(
  source: Extract<CredentialSource, { kind: 'vault' }>,
  { env, servers }: { readonly env: Environment; readonly servers: readonly VaultServer[] },
): Environment {
  const isThere = (address = '') => URL.parse(address)?.origin === URL.parse(source.address)?.origin;
  const server = isThere(env.VAULT_ADDR) ? undefined : servers.find(({ address }) => isThere(address));
  return server === undefined ? env : vaultServerEnvironment(env, server);
}
