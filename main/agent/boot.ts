import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { toPlainError } from '../model/app-error.ts';
import type { Organisation } from '../model/organisation.ts';
import type { OrganisationView } from '../model/organisation-view.ts';
import type { Settings, SettingsFrom } from '../model/settings.ts';
import type { Parts } from './agent.ts';
import { type Catalog, createCatalog } from './catalog/catalog.ts';
import { type Credentials, createCredentials } from './credentials/credentials.ts';
import { clockCure, skewSentence } from './network/clock-skew.ts';
import { createNetwork, type Network } from './network/network.ts';
import { trustUsableAuthorities } from './network/trust.ts';
import { withSupport } from './organisation/access-request.ts';
import { managedSettings } from './organisation/managed-settings.ts';
import { additionalAuthorities } from './organisation/named-settings.ts';
import { createOrganisation, type OrganisationKeeper } from './organisation/organisation.ts';
import {
  createOrganisationFiles,
  fileFolders,
  type OrganisationFiles,
} from './organisation/organisation-files.ts';
import type { Environment } from './parts.ts';
import type { OidcConsents } from './providers/oidc/consents.ts';
import type { Provider } from './providers/provider.ts';
import { createProviders } from './providers/providers.ts';
import { createSettings, type SettingsKeeper } from './settings/settings.ts';
import { migrateSettingsFile, repairSettingsFile } from './settings/settings-file.ts';

/** The parts that exist before anything connects: the same for the agent and for a credential without one. */
export interface Base {
  readonly network: Network;
  readonly organisation: OrganisationKeeper;
  readonly organisationFiles: OrganisationFiles;
  readonly settings: SettingsKeeper;
  readonly catalog: Catalog;
  readonly providers: readonly Provider[];
  /** Creates the providers for the variables of a shell, which are in `env`. */
  readonly providersFor: (env: Environment) => readonly Provider[];
  /** Decides which API servers may receive an ID token. */
  readonly consents: OidcConsents;
  readonly credentials: Credentials;
}

/**
 * Reads settings, the organisation's configuration, CA certificates and the catalog from disk, in the order of their
 * dependencies. Replaces a settings file that cannot be read, and migrates an old one. Connects to nothing. Rejects if
 * settings, CA certificates that the environment names, or its own files cannot be read.
 */
export async function boot(options: {
  readonly parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'openStore' | 'sealer'>;
  readonly notice: (level: 'info' | 'warning', text: string) => void;
  /** Called when another configuration of the organisation takes effect. */
  readonly onOrganisation?: (organisation: Organisation | undefined) => void;
  readonly onOrganisationView?: (view: OrganisationView | undefined) => void;
  readonly onSettings?: (settings: Settings, from: SettingsFrom) => void;
}): Promise<Base> {
  const { parts, notice, onOrganisation = () => {}, onOrganisationView = () => {} } = options;
  const { onSettings = () => {} } = options;
  const { env, paths, clock, logger } = parts;
  const warn = (error: unknown, remark = '') => {
    const { message, hint = '' } = toPlainError(error);
    notice('warning', `${message} ${remark}${hint}`.trim());
  };
  const network = createNetwork(env, {
    now: clock.now,
    onSkew: (skew) =>
      notice(
        'warning',
        `${skewSentence(skew)} Clusters, clouds and logins reject tokens then (Unauthorized). ${clockCure()}`,
      ),
  });
  for (const trouble of network.troubles) warn(trouble);
  const later = Promise.withResolvers<SettingsKeeper>();
  const organisation = await createOrganisation({
    env,
    config: paths.config,
    state: paths.state,
    network,
    clock,
    logger,
    notice,
    settingsUnder: async (other) => (await later.promise).under(managedSettings(other)),
    onChange: onOrganisation,
    onView: onOrganisationView,
  });
  return withSupportOf(organisation, async () => {
    // Create the folder before a library does: the first to create it decides its permissions.
    await mkdir(paths.config, { recursive: true, mode: 0o700 }).catch(() => {});
    for (const repair of [repairSettingsFile, migrateSettingsFile]) {
      const message = repair(paths.config);
      if (message !== undefined) notice('warning', message);
    }
    const settings = createSettings({
      openStore: parts.openStore,
      managed: managedSettings(organisation.current()),
      onChange: onSettings,
      onIgnored: (error) => warn(error),
    });
    later.resolve(settings);
    const organisationFiles = createOrganisationFiles(fileFolders({ env, config: paths.config }));
    const setting = await additionalAuthorities(settings, organisationFiles).catch((error: unknown) => {
      warn(error);
      return undefined;
    });
    for (const unusable of trustUsableAuthorities({ env, setting }))
      warn(unusable, 'None of its certificates is trusted. ');
    const catalog = await createCatalog({
      folder: path.join(paths.state, 'catalog'),
      clock,
      logger,
      contextTemplate: () => settings.get().contextName,
      freshForMs: () => settings.get().catalogMaxAgeMinutes * 60_000,
      onSetAside: (aside, reason) =>
        notice(
          'warning',
          `A part of the catalog cannot be read (${reason}). It is stored as ${aside}, and its clusters are discovered again.`,
        ),
    });
    const providerParts = {
      network,
      catalog,
      settings,
      organisation: organisation.current,
      organisationFiles,
      notice: (message: string) => notice('warning', message),
    };
    const shared = createProviders({ ...providerParts, parts });
    const { all: providers, consents } = shared;
    const providersFor = (other: Environment) =>
      createProviders({ ...providerParts, parts: { ...parts, env: other }, shared }).all;
    const { sealer } = parts;
    if (sealer.kind !== 'headless' && sealer.warning !== undefined) notice('warning', sealer.warning);
    // Reading seals sessions that were stored without a keychain. Errors are ignored here: the code that needs a
    // session reports them.
    if (sealer.kind === 'keychain')
      for (const { sessionFile } of providers) await sessionFile?.read().catch(() => {});
    const credentials = createCredentials({ clock, providers, clockSkew: network.clockSkew });
    return {
      network,
      organisation,
      organisationFiles,
      settings,
      catalog,
      providers,
      providersFor,
      consents,
      credentials,
    };
  });
}

/** Adds the organisation's support page to the error of a failed start. */
export async function withSupportOf<T>(
  organisation: Pick<OrganisationKeeper, 'current'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withSupport(error, organisation.current()?.links?.support);
  }
}
