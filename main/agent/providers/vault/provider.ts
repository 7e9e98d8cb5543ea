import type { Provider, ProviderParts } from '../provider.ts';
import type { VaultParts } from './client.ts';
import { vaultCredentials } from './credential.ts';
import { createVaultLogin } from './login.ts';
import { createVaultRenewals } from './renewals.ts';
import { vaultEnvironment, vaultLogin, vaultServers } from './servers.ts';
import { skipVerifyRule } from './skip-verify.ts';
import { createVaultSource } from './vault.ts';

/** Provides on-premises clusters that secrets in Vault describe. */
export function vaultProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, logger, notice, settings, organisation, organisationFiles } = shared;
  const skipVerify = skipVerifyRule(organisation, notice);
  const own = () => ({ env: vaultEnvironment(env, organisation()), home, network, clock, skipVerify });
  const renewals = createVaultRenewals({ parts: own, clock, logger, notice });
  const parts = (): VaultParts => ({ ...own(), renewals });
  const servers = () => vaultServers(organisation());
  return {
    source: () => createVaultSource({ ...parts(), mounts: settings().vaultMounts, servers: servers() }),
    login: createVaultLogin({
      parts,
      login: (address) => vaultLogin(address, organisation()),
      files: organisationFiles,
    }),
    credential: vaultCredentials({ parts, servers }),
    background: renewals.start,
  };
}
