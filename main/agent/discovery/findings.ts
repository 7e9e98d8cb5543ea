import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../app-error.ts';
import { plainErrorSchema } from '../error-schema.ts';
import { type AwsPlaces, awsConfiguration } from './aws-profiles.ts';
import { pathIn, readClusterFile } from './cluster-file.ts';
import { gcloudFolder } from './gcp-login.ts';

/** What this computer has to find clusters with, beside its sign-ins: names and numbers, no secret. */
export const findingsSchema = z.object({
  /** The AWS profiles that can log in; an empty name stands for the credentials of the environment's variables. */
  awsProfiles: z.array(z.string()),
  /** Whom gcloud works as. Other programs have nothing of that: they need application-default credentials. */
  gcloudAccount: z.string().optional(),
  /** The lists of clusters that the settings name, with how many each holds, or why it cannot be read. */
  clusterFiles: z.array(
    z.object({ file: z.string(), clusters: z.number().optional(), error: plainErrorSchema.optional() }),
  ),
});
export type Findings = z.infer<typeof findingsSchema>;

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
