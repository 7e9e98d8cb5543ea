import type { Parts } from './agent.ts';
import type { Base } from './boot.ts';
import type { DiscoverySource } from './discovery/source.ts';
import type { LoginProvider } from './logins/provider.ts';
import { clusterFileCheck } from './organisation/named-settings.ts';
import { sourceUnder } from './organisation/source-under.ts';
import { vaultEnvironment, vaultLogin, vaultServers } from './organisation/vault-environment.ts';
import { createEksSource } from './providers/aws/eks.ts';
import { createAwsLogin } from './providers/aws/login.ts';
import { createAksSource } from './providers/azure/aks.ts';
import { createAzureLogin } from './providers/azure/login.ts';
import { createFileSource } from './providers/file/file.ts';
import { createGkeSource } from './providers/gcp/gke.ts';
import { createGcpSignIn } from './providers/gcp/login.ts';
import { createOidcLogin } from './providers/oidc/login.ts';
import { createVaultLogin } from './providers/vault/login.ts';
import { createVaultSource } from './providers/vault/vault.ts';

type Options = Base & { readonly parts: Pick<Parts, 'env' | 'paths' | 'clock'> };

/** The sources of clusters, by the settings and the organisation of the moment. */
export function sourcesOf(options: Options): readonly DiscoverySource[] {
  const { parts, network, organisation, organisationFiles, settings, credentialParts } = options;
  const { env, paths, clock } = parts;
  const { aws, azureFile, googleFile } = credentialParts;
  const { awsRegions, vaultMounts, clusterFiles } = settings.get();
  const now = organisation.current();
  const places = { env, home: paths.home, network, clock };
  return [
    createEksSource({ aws, regions: awsRegions }),
    createAksSource({ ...places, ownFile: azureFile, tenants: now?.sources?.aks?.tenants }),
    createGkeSource({ ...places, ownFile: googleFile, projects: now?.sources?.gke?.projects }),
    createVaultSource({
      ...places,
      env: vaultEnvironment(env, now),
      mounts: vaultMounts,
      servers: vaultServers(now),
    }),
    createFileSource({
      ...places,
      files: clusterFiles,
      folder: paths.config,
      check: clusterFileCheck(settings, organisationFiles),
    }),
  ].map((source) => sourceUnder(source, now));
}

/** How the user signs in to the sources of clusters, and to what their credentials are made from. */
export function providerLogins(options: Options): readonly LoginProvider[] {
  const { parts, network, organisation, organisationFiles, credentialParts } = options;
  const { env, paths, clock } = parts;
  const { aws, azureFile, oidcFile, googleFile, issuers, oidc, consents } = credentialParts;
  const places = { env, home: paths.home, network, clock };
  const { current } = organisation;
  return [
    createAwsLogin(aws),
    createAzureLogin({
      places: { env, home: paths.home, network, ownFile: azureFile },
      tenants: () => current()?.sources?.aks?.tenants ?? [],
    }),
    createGcpSignIn({
      places: { ...places, ownFile: googleFile },
      client: () => current()?.sources?.gke?.oauthClient,
    }),
    createVaultLogin({
      places: () => ({ ...places, env: vaultEnvironment(env, current()) }),
      login: (address) => vaultLogin(address, current()),
      files: organisationFiles,
    }),
    createOidcLogin({ network, clock, tokens: oidc, consents, file: oidcFile.store, issuers }),
  ];
}
