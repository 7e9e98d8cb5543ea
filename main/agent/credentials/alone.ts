import path from 'node:path';
import type { Parts } from '../agent.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { createAws } from '../discovery/aws.ts';
import type { OidcIssuer } from '../logins/oidc-issuer.ts';
import { createOidcTokens } from '../logins/oidc-tokens.ts';
import { createNetwork } from '../network/network.ts';
import { trustAuthorities } from '../network/trust.ts';
import { managedSettings } from '../organisation/managed-settings.ts';
import { createOrganisation } from '../organisation/organisation.ts';
import { vaultEnvironment, vaultServers } from '../organisation/vault-environment.ts';
import { openSignInFile } from '../sealing/sign-in-file.ts';
import { createSettings } from '../settings/settings.ts';
import { createCredentials } from './credentials.ts';
import { execCredential } from './exec-credential.ts';

/**
 * An ExecCredential with no agent, by what the last one left on disk: nobody is asked to sign in, and no tunnel opens.
 * Rejects as `createSettings`, `Catalog.find` and `Credentials.get` do.
 */
export async function credentialAlone(
  parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'openStore' | 'sealer'>,
  { cluster, execInfo }: { readonly cluster: string; readonly execInfo?: string | undefined },
): Promise<Record<string, unknown>> {
  const { env, paths, clock, logger, openStore, sealer } = parts;
  const network = createNetwork(env);
  const organisation = await createOrganisation({
    env,
    config: paths.config,
    state: paths.state,
    network,
    clock,
    logger,
    settingsUnder: () => settings.get(),
    notice: () => {},
    onChange: () => {},
    onView: () => {},
  });
  const now = organisation.current();
  const settings = createSettings({ openStore, managed: managedSettings(now), onChange: () => {} });
  const { extraAuthorities } = settings.get();
  trustAuthorities({ env, setting: extraAuthorities === '' ? undefined : extraAuthorities });
  const catalog = await createCatalog({ folder: path.join(paths.state, 'catalog'), clock, logger });
  const places = { env, home: paths.home, network, clock };
  const { identityCenter = [], roles = [] } = now?.sources?.eks ?? {};
  const signInFile = (name: string, title: string, login: string) =>
    openSignInFile({ path: path.join(paths.state, name), sealer, title, login, notice: () => {} });
  const issuers = (): readonly OidcIssuer[] =>
    catalog.clusters().flatMap(({ credential }) => (credential?.kind === 'oidc' ? [credential] : []));
  const credentials = createCredentials({
    ...places,
    googleFile: signInFile('google-sign-in.json', 'Google Cloud', 'login gcp'),
    azureFile: signInFile('azure-sign-in.json', 'Azure', 'login azure'),
    aws: createAws({
      ...places,
      organisation: () => ({ portals: identityCenter, roles }),
      logger,
      folder: paths.state,
    }),
    oidc: createOidcTokens({
      file: signInFile('oidc-sign-ins.json', 'OpenID Connect', 'login oidc'),
      network,
      clock,
      logger,
      issuers,
    }),
    vault: () => ({ env: vaultEnvironment(env, now), servers: vaultServers(now) }),
  });
  try {
    return execCredential(await credentials.get(catalog.find(cluster)), execInfo);
  } finally {
    network.reset();
  }
}
