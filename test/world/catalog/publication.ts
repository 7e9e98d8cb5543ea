import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Cluster } from '../../../main/model/cluster.ts';
import type { CatalogAnswer, CatalogManifest, Envelope } from '../../../main/model/published-catalog.ts';

/** A key of the platform team. */
export interface PublisherKey {
  /** 32 bytes in base64, as the organisation's configuration pins it. */
  readonly publicKey: string;
  readonly keyId: string;
  seal(payload: unknown): Envelope;
}

export function createPublisherKey(): PublisherKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const keyId = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return {
    publicKey: bytes.toString('base64'),
    keyId,
    seal: (payload) => sealWith(privateKey, keyId, payload),
  };
}

function sealWith(key: KeyObject, keyId: string, payload: unknown): Envelope {
  const bytes = Buffer.from(JSON.stringify(payload));
  return {
    payload: bytes.toString('base64'),
    signature: sign(null, bytes, key).toString('base64'),
    keyId,
  };
}

/** A cluster, and the groups that may see it; `*` is everyone. */
export interface Entry {
  readonly cluster: Cluster;
  readonly audience: readonly string[];
}

/** What a publication stores: the signed manifest, and the bundles with their audiences. */
export interface Publication {
  readonly manifest: Envelope;
  readonly bundles: readonly {
    readonly digest: string;
    readonly audience: readonly string[];
    readonly records: readonly Envelope[];
  }[];
}

/** Signs clusters as the command `publish` does: a bundle for each audience. */
export function publication(options: {
  readonly key: PublisherKey;
  readonly entries: readonly Entry[];
  readonly revision: number;
  readonly publishedAt?: Date;
  readonly maxAge?: number;
  /** Changes the manifest before it is signed. */
  readonly manifest?: Partial<CatalogManifest>;
}): Publication {
  const { key, entries, revision, publishedAt = new Date(), maxAge = 86_400 } = options;
  const grouped = Map.groupBy(entries, ({ audience }) => [...audience].sort().join('\n'));
  const bundles = [...grouped.values()].map((group) => {
    const records = group.map(({ cluster }) =>
      key.seal({ kind: 'cluster', revision, cluster: withoutLogins(cluster) }),
    );
    return { digest: digestOf(records), audience: group[0]?.audience ?? [], records };
  });
  const root = hash(bundles.map(({ digest }) => digest).sort(byCode));
  return {
    manifest: key.seal({
      kind: 'manifest',
      version: 1,
      revision,
      publishedAt: publishedAt.toISOString(),
      maxAge,
      root,
      ...options.manifest,
    }),
    bundles,
  };
}

/** Returns what the Worker answers a user in these groups. */
export function answerTo({ manifest, bundles }: Publication, groups: readonly string[]): CatalogAnswer {
  return {
    manifest,
    digests: bundles.map(({ digest }) => digest).sort(),
    bundles: bundles
      .filter(({ audience }) => audience.some((one) => one === '*' || groups.includes(one)))
      .map(({ records }) => [...records]),
  };
}

export function digestOf(records: readonly Envelope[]): string {
  return hash(records.map(({ signature }) => signature));
}

function hash(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('base64url');
}

function withoutLogins(cluster: Cluster): unknown {
  const { credential } = cluster;
  if (credential?.kind === 'eks') {
    const { ways: _, ...rest } = credential;
    return { ...cluster, credential: rest };
  }
  return credential?.kind === 'gke' ? { ...cluster, credential: { kind: 'gke' } } : cluster;
}

/** The order of digests that is signed, whatever the language of the computer. */
function byCode(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
