import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gcp } from './server.ts';

/**
 * Writes the application-default credentials where `gcloud auth application-default login` leaves them: a new login
 * of the plan's person unless others are given. Answers the environment that leads a client to the world, gcloud too.
 */
export async function writeGcpHome(options: {
  readonly home: string;
  readonly gcp: Gcp;
  /** The content of a credentials file of any kind. */
  readonly credentials?: object;
}): Promise<Readonly<Record<string, string>>> {
  const { home, gcp, credentials = gcp.signIn() } = options;
  // One folder on every system: gcloud's own variable says where.
  const folder = join(home, '.config', 'gcloud');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'application_default_credentials.json');
  await writeFile(file, JSON.stringify(credentials, null, 2), { mode: 0o600 });
  return {
    HOME: home,
    USERPROFILE: home,
    CLOUDSDK_CONFIG: folder,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: gcp.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: gcp.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEHUB: gcp.url,
  };
}
