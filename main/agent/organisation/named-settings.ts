import type { Settings, SettingsFrom } from '../../model/settings.ts';
import type { OrganisationFiles } from './organisation-files.ts';

/** Room for thousands of clusters with their certificates, and still small enough to parse. */
const listBytes = 32 * 1024 * 1024;

/** The part of the settings that says who chose each value. */
interface Chosen {
  get(): Settings;
  from(): SettingsFrom;
}

/**
 * Returns the check that a cluster list must pass before it is read; no check if the user chose the lists. A list can
 * name programs to run. Rejects as `OrganisationFiles.read` does.
 */
export function clusterFileCheck(
  settings: Chosen,
  files: OrganisationFiles,
): (file: string) => Promise<void> {
  return async (file) => {
    if (settings.from().clusterFiles === 'organisation') await files.read(file, 'sources.files', listBytes);
  };
}

/**
 * Returns the PEM file of additional CA certificates, or undefined if none is set. Trusting a certificate lets its
 * owner read what is sent to any host. Rejects as `OrganisationFiles.read` does, if the organisation chose it.
 */
export async function additionalAuthorities(
  settings: Chosen,
  files: OrganisationFiles,
): Promise<string | undefined> {
  const { extraAuthorities: file } = settings.get();
  if (file === '') return undefined;
  if (settings.from().extraAuthorities === 'organisation')
    await files.read(file, 'defaults.extraAuthorities');
  return file;
}
