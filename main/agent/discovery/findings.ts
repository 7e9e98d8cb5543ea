import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import type { Findings } from '../../model/findings.ts';
import { type AwsPlaces, awsConfiguration } from '../providers/aws/profiles.ts';
import { pathIn, readClusterFile } from '../providers/file/cluster-file.ts';
import { gcloudFolder } from '../providers/gcp/adc.ts';

/** Reads files only, and asks nobody. One that cannot be read is left out, but for the cluster files, which tell why. */
export async function readFindings(options: {
  readonly aws: AwsPlaces;
  readonly clusterFiles: readonly string[];
  /** Where the settings are. */
  readonly folder: string;
  /** As `createFileSource` has it. */
  readonly check?: ((file: string) => Promise<void>) | undefined;
}): Promise<Findings> {
  const { aws, clusterFiles, folder, check } = options;
  const files = new Set(clusterFiles.map((file) => pathIn(folder, aws.home, file)));
  const [profiles, gcloudAccount, lists] = await Promise.all([
    awsConfiguration(aws).then(
      (configuration) => configuration.profiles,
      () => [],
    ),
    readGcloudAccount(aws),
    Promise.all(
      [...files].map((file) =>
        Promise.resolve(check?.(file))
          .then(() => readClusterFile(file, aws))
          .then(
            ({ clusters }) => ({ file, clusters: clusters.length }),
            (error: unknown) => ({ file, error: toPlainError(error) }),
          ),
      ),
    ),
  ]);
  return {
    awsProfiles: profiles.flatMap(({ way }) => (way.kind === 'profile' ? [way.name] : [])),
    ...(gcloudAccount === undefined ? {} : { gcloudAccount }),
    clusterFiles: lists,
  };
}

/** As gcloud keeps it: the name of the configuration that counts, and beside it one file each, in the form of ini. */
async function readGcloudAccount(places: Pick<AwsPlaces, 'env' | 'home'>): Promise<string | undefined> {
  const folder = gcloudFolder(places);
  const named = places.env.CLOUDSDK_ACTIVE_CONFIG_NAME || (await readOr(path.join(folder, 'active_config')));
  const name = named.trim() || 'default';
  const text = await readOr(path.join(folder, 'configurations', `config_${path.basename(name)}`));
  const [, account] = /^\[core\][^[]*?^account *= *(\S+)/m.exec(text) ?? [];
  return account;
}

async function readOr(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
