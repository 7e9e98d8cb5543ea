import type { Environment } from '../parts.ts';
import type { Organisation } from './schema.ts';

/** The environment with the organisation's Vault where a person has named none. Its namespace belongs to it. */
export function vaultEnvironment(env: Environment, organisation: Organisation | undefined): Environment {
  const [vault] = organisation?.sources?.vault?.addresses ?? [];
  if (vault === undefined || (env.VAULT_ADDR !== undefined && env.VAULT_ADDR !== '')) return env;
  return { ...env, VAULT_ADDR: vault.address, VAULT_NAMESPACE: vault.namespace ?? env.VAULT_NAMESPACE };
}
