import type { Organisation } from '../../model/organisation.ts';
import type { Environment } from '../parts.ts';
import type { VaultServer } from '../providers/vault/vault.ts';

/** The environment with the organisation's Vault where a person has named none. Its namespace belongs to it. */
export function vaultEnvironment(env: Environment, organisation: Organisation | undefined): Environment {
  const [vault] = organisation?.sources?.vault?.addresses ?? [];
  if (vault === undefined || (env.VAULT_ADDR !== undefined && env.VAULT_ADDR !== '')) return env;
  return { ...env, VAULT_ADDR: vault.address, VAULT_NAMESPACE: vault.namespace ?? env.VAULT_NAMESPACE };
}

/** The organisation's further Vault servers; the first is that of `vaultEnvironment`. */
export function vaultServers(organisation: Organisation | undefined): readonly VaultServer[] {
  return (organisation?.sources?.vault?.addresses ?? []).slice(1);
}

/** How to sign in to that server, where the organisation says so. */
export function vaultLogin(address: URL, organisation: Organisation | undefined) {
  return organisation?.sources?.vault?.addresses?.find(
    (one) => URL.parse(one.address)?.origin === address.origin,
  )?.login;
}
