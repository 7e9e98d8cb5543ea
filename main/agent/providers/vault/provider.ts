import type { Provider, ProviderParts } from '../provider.ts';
import { vaultCredentials } from './credential.ts';
import { createVaultLogin } from './login.ts';
import { vaultEnvironment, vaultLogin, vaultServers } from './servers.ts';
import { createVaultSource } from './vault.ts';

/** Provides on-premises clusters that secrets in Vault describe. */
export function vaultProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, settings, organisation, organisationFiles } = shared;
  const parts = () => ({ env: vaultEnvironment(env, organisation()), home, network, clock });
  const servers = () => vaultServers(organisation());
  return {
    source: () => createVaultSource({ ...parts(), mounts: settings().vaultMounts, servers: servers() }),
    login: createVaultLogin({
      parts,
      login: (address) => vaultLogin(address, organisation()),
      files: organisationFiles,
    }),
    credential: vaultCredentials({ parts, servers }),
  };
}
