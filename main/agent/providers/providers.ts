import path from 'node:path';
import type { Organisation } from '../../model/organisation.ts';
import type { Parts } from '../agent.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Network } from '../network/network.ts';
import { clusterFileCheck } from '../organisation/named-settings.ts';
import type { OrganisationFiles } from '../organisation/organisation-files.ts';
import { openSignInFile } from '../sealing/sign-in-file.ts';
import type { SettingsKeeper } from '../settings/settings.ts';
import type { AwsMfaSessions } from './aws/mfa.ts';
import { awsProvider } from './aws/provider.ts';
import { azureProvider } from './azure/provider.ts';
import { fileProvider } from './file/provider.ts';
import { gcpProvider } from './gcp/provider.ts';
import type { OidcConsents } from './oidc/consents.ts';
import { oidcProvider } from './oidc/provider.ts';
import type { Provider, ProviderParts } from './provider.ts';
import { vaultProvider } from './vault/provider.ts';
import { createVaultSessions, type VaultSessions } from './vault/sessions.ts';

export interface Providers {
  /** In display order. */
  readonly all: readonly Provider[];
  /** That of `all` which does not depend on the environment. */
  readonly oidc: Provider;
  readonly mfa: AwsMfaSessions;
  readonly vaultSessions: VaultSessions;
  /** Decides which API servers may receive an ID token. */
  readonly consents: OidcConsents;
}

/** Creates all providers, the same with an agent and without. Connects to nothing and reads nothing yet. */
export function createProviders(options: {
  readonly parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'sealer'>;
  readonly network: Network;
  readonly catalog: Pick<Catalog, 'clusters'>;
  readonly settings: Pick<SettingsKeeper, 'get' | 'from'>;
  /** Returns the organisation's current configuration. */
  readonly organisation: () => Organisation | undefined;
  readonly organisationFiles: OrganisationFiles;
  /** Warns the user. */
  readonly notice: (message: string) => void;
  /** The agent's own, where these are for the variables of a shell: what does not depend on variables is shared. */
  readonly shared?: Providers | undefined;
}): Providers {
  const { parts, network, catalog, settings, organisation, organisationFiles, notice } = options;
  const { env, paths, clock, logger, sealer } = parts;
  const mfa = options.shared?.mfa ?? new Map();
  const openSessionFile: ProviderParts['openSessionFile'] = ({ name, title, login }) =>
    openSignInFile({ path: path.join(paths.state, name), sealer, title, login, notice });
  const vaultSessions =
    options.shared?.vaultSessions ??
    createVaultSessions({
      file: openSessionFile({ name: 'vault-sign-ins.json', title: 'Vault', login: 'login vault' }),
      logger,
    });
  const shared: ProviderParts = {
    mfa,
    vaultSessions,
    env,
    home: paths.home,
    network,
    clock,
    logger,
    notice,
    folders: {
      config: paths.config,
      state: paths.state,
      memory: options.shared === undefined ? paths.state : undefined,
    },
    settings: () => settings.get(),
    organisation,
    organisationFiles,
    checkClusterFile: clusterFileCheck(settings, organisationFiles),
    clusters: () => catalog.clusters(),
    openSessionFile,
  };
  // ID tokens are renewed in one place: an issuer may accept each refresh token only once.
  const { oidc, consents } = options.shared ?? oidcProvider(shared);
  return {
    oidc,
    mfa,
    vaultSessions,
    all: [
      awsProvider(shared),
      azureProvider(shared),
      gcpProvider(shared),
      vaultProvider(shared),
      oidc,
      fileProvider(shared),
    ],
    consents,
  };
}
