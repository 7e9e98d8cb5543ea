import type { Settings, SettingsFrom } from '../../model/settings.ts';
import type { OrganisationFiles } from './organisation-files.ts';

/** Thousands of clusters with their certificates, and no more than can be parsed. */
const listBytes = 32 * 1024 * 1024;

/** The parts of the settings' keeper that say who chose what. */
interface Chosen {
  get(): Settings;
  from(): SettingsFrom;
}

/**
 * What a list of clusters has to pass before it is read: nothing where the user chose the lists. A list can name programs
 * to run. Rejects as `OrganisationFiles.read` does.
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
 * The PEM file of additional CA certificates, or undefined where none is set. Whose certificates are trusted can read what
 * is sent to any host. Rejects as `OrganisationFiles.read` does, where the organisation chose it.
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
