import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import type { Parts } from '../agent.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { createNetwork } from '../network/network.ts';
import { trustUsableAuthorities } from '../network/trust.ts';
import { managedSettings } from '../organisation/managed-settings.ts';
import { additionalAuthorities } from '../organisation/named-settings.ts';
import { createOrganisation } from '../organisation/organisation.ts';
import { createOrganisationFiles, fileFolders } from '../organisation/organisation-files.ts';
import { createProviders } from '../providers/providers.ts';
import { createSettings } from '../settings/settings.ts';
import { createCredentials } from './credentials.ts';
import { apiServer, execCredential } from './exec-credential.ts';

/**
 * An ExecCredential with no agent, by what the last one left on disk: nobody is asked to sign in, and no tunnel opens.
 * Rejects as `createSettings`, `Catalog.find` and `Credentials.get` do.
 */
export async function credentialAlone(
  parts: Pick<Parts, 'env' | 'paths' | 'clock' | 'logger' | 'openStore' | 'sealer'>,
  { cluster, execInfo }: { readonly cluster: string; readonly execInfo?: string | undefined },
): Promise<Record<string, unknown>> {
  const { env, paths, clock, logger, openStore } = parts;
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
  const organisationFiles = createOrganisationFiles(fileFolders({ env, config: paths.config }));
  // As the agent does: it is the servers' own certificates that decide then.
  const notTrusted = (error: unknown) =>
    logger.warn('Additional CA certificates are not used', { reason: toPlainError(error).message });
  const setting = await additionalAuthorities(settings, organisationFiles).catch(notTrusted);
  const unusable = trustUsableAuthorities({ env, setting: setting ?? undefined });
  if (unusable !== undefined) notTrusted(unusable);
  const catalog = await createCatalog({ folder: path.join(paths.state, 'catalog'), clock, logger });
  const { all: providers } = createProviders({
    parts,
    network,
    catalog,
    settings,
    organisation: () => now,
    organisationFiles,
    notice: () => {},
  });
  const credentials = createCredentials({ clock, providers });
  try {
    return execCredential(await credentials.get(catalog.find(cluster), apiServer(execInfo)), execInfo);
  } finally {
    network.reset();
  }
}
