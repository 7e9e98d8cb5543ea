import type { VaultSecret } from '../plan.ts';
import type { SecretVersion } from './secrets.ts';

/** The `data` of a KV v2 metadata read. */
export function metadataOf(secret: VaultSecret, versions: readonly SecretVersion[]): object {
  return {
    cas_required: false,
    created_time: versions[0]?.createdTime,
    current_version: versions.length,
    custom_metadata: customMetadata(secret),
    delete_version_after: '0s',
    max_versions: 0,
    oldest_version: 0,
    updated_time: versions.at(-1)?.createdTime,
    versions: Object.fromEntries(
      versions.map(({ createdTime }, index) => [
        String(index + 1),
        { created_time: createdTime, deletion_time: '', destroyed: false },
      ]),
    ),
  };
}

/** The `data` of a KV v2 read of one version, counted from 1. */
export function dataOf(options: {
  readonly secret: VaultSecret;
  readonly stored: SecretVersion;
  readonly version: number;
}): object {
  const { secret, stored, version } = options;
  return {
    data: stored.data,
    metadata: {
      created_time: stored.createdTime,
      custom_metadata: customMetadata(secret),
      deletion_time: '',
      destroyed: false,
      version,
    },
  };
}

function customMetadata(secret: VaultSecret): Readonly<Record<string, string>> | null {
  return Object.keys(secret.customMetadata).length > 0 ? secret.customMetadata : null;
}
