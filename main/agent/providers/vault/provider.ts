import type { Provider, ProviderParts } from '../provider.ts';
import type { VaultParts } from './client.ts';
import { vaultCredentials } from './credential.ts';
import { createVaultLogin } from './login.ts';
import { createVaultRenewals } from './renewals.ts';
import { otherVaults, ownMounts, vaultEnvironment, vaultLogin, vaultServers } from './servers.ts';
import { skipVerifyRule } from './skip-verify.ts';
import { createVaultSource } from './vault.ts';

/** Provides on-premises clusters that secrets in Vault describe. */
export function vaultProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, logger, notice, settings, organisation, organisationFiles } = shared;
  const { vaultSessions: sessions } = shared;
  const skipVerify = skipVerifyRule(organisation, notice);
  const own = (): VaultParts => ({
    env: vaultEnvironment(env, organisation()),
    home,
    network,
    clock,
    skipVerify,
    sessions,
  });
  const servers = () => vaultServers(organisation(), env);
  const renewals = createVaultRenewals({
    parts: own,
    others: () => otherVaults(own(), servers()),
    clock,
    logger,
    notice,
  });
  const parts = (): VaultParts => ({ ...own(), renewals });
  return {
    source: () =>
      createVaultSource({
        ...parts(),
        mounts: ownMounts({ env, mounts: settings().vaultMounts, organisation: organisation() }),
        servers: servers(),
      }),
    login: createVaultLogin({
      parts,
      others: () => otherVaults(parts(), servers()),
      login: (address) => vaultLogin(address, organisation()),
      files: organisationFiles,
    }),
    credential: vaultCredentials({ parts, servers }),
    background: renewals.start,
    sessionFile: sessions.file,
  };
}
