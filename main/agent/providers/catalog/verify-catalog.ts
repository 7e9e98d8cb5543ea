import { setImmediate } from 'node:timers/promises';
import type { Cluster } from '../../../model/cluster.ts';
import {
  type CatalogAnswer,
  type CatalogManifest,
  catalogManifestSchema,
  catalogRecordSchema,
  type Envelope,
} from '../../../model/published-catalog.ts';
import { publishedCluster } from './published-cluster.ts';
import { refused } from './refused.ts';
import { digestOf, isSigned, type PinnedKeys, payloadOf, proofOf } from './signatures.ts';

/** How far ahead of this computer's clock a manifest may be. */
const mostAheadMs = 10 * 60_000;
/** How many signatures are checked at the same time. */
const atOnce = 64;

/** What is known of the catalog before an answer is checked. */
export interface Before {
  readonly keys: PinnedKeys;
  /** The highest revision that was accepted from one of the keys; 0 if none was. */
  readonly floor: number;
  /** The accepted manifest. */
  readonly manifest?: CatalogManifest | undefined;
  /** The proofs of the records that were checked before (`proofOf`). */
  readonly verified: ReadonlySet<string>;
}

/**
 * Returns the manifest, if it may replace the accepted one: signed with a pinned key, not older than what was accepted,
 * and neither stale nor from the future at `now`. Rejects with `answer-refused`.
 */
export async function verifyManifest(
  envelope: Envelope,
  { keys, floor, manifest: accepted }: Omit<Before, 'verified'>,
  now: number,
): Promise<CatalogManifest> {
  const manifest = await openManifest(envelope, keys);
  if (manifest.revision < floor)
    throw refused(`its revision ${manifest.revision} is older than ${floor}, which was accepted before`);
  if (accepted !== undefined && manifest.revision === accepted.revision && manifest.root !== accepted.root)
    throw refused(`its revision ${manifest.revision} was accepted before with other content`);
  const publishedAt = Date.parse(manifest.publishedAt);
  if (publishedAt > now + mostAheadMs)
    throw refused(`it was published at ${manifest.publishedAt}, which is in the future`, {
      hint: "Correct this computer's clock. If it is right, ask who publishes the catalog.",
    });
  // The accepted one stays what it is, however old: only another one must be fresh.
  const isNew = accepted === undefined || manifest.revision !== accepted.revision;
  if (isNew && staleAt(manifest) <= now)
    throw refused(
      `revision ${manifest.revision} was published at ${manifest.publishedAt} and is no longer valid`,
    );
  return manifest;
}

/** Reads a manifest that a pinned key signed. Rejects with `answer-refused`. */
export async function openManifest(envelope: Envelope, keys: PinnedKeys): Promise<CatalogManifest> {
  if (!keys.has(envelope.keyId))
    throw refused(`it is signed with the key ${envelope.keyId}, which the configuration does not name`);
  if (!(await isSigned(envelope, keys))) throw refused('the signature of its manifest is wrong');
  const read = catalogManifestSchema.safeParse(payloadOf(envelope));
  if (!read.success)
    throw refused('its manifest does not fit this version', {
      hint: 'Update k8s-tunnels. If it remains, ask who publishes the catalog.',
    });
  return read.data;
}

/** Returns when a catalog stops being fresh, ms since the epoch. */
export function staleAt({ publishedAt, maxAge }: CatalogManifest): number {
  return Date.parse(publishedAt) + maxAge * 1_000;
}

/**
 * Returns the clusters of an answer whose manifest was verified: all its digests make up the manifest's root, each
 * bundle has one of them, and a pinned key signed each record. Rejects with `answer-refused`.
 */
export async function verifyRecords(
  { digests, bundles }: Pick<CatalogAnswer, 'digests' | 'bundles'>,
  manifest: CatalogManifest,
  { keys, verified }: Pick<Before, 'keys' | 'verified'>,
): Promise<readonly Cluster[]> {
  if (digestOf(digests.toSorted()) !== manifest.root || new Set(digests).size !== digests.length)
    throw refused('its parts do not make up what its manifest signs');
  const known = new Set(digests);
  // Each part comes once, and as a whole.
  for (const bundle of bundles)
    if (!known.delete(digestOf(bundle.map(({ signature }) => signature))))
      throw refused('a part of it is not the one that its manifest signs');
  const records = bundles.flat();
  const seenAt = Date.parse(manifest.publishedAt);
  const clusters: Cluster[] = [];
  for (let at = 0; at < records.length; at += atOnce) {
    const some = records.slice(at, at + atOnce);
    const results = await Promise.all(
      some.map((record) => verified.has(proofOf(record)) || isSigned(record, keys)),
    );
    if (results.includes(false)) throw refused('the signature of a record is wrong');
    clusters.push(...some.map((record) => clusterOf(record, manifest, seenAt)));
    // Lets others work in between: this is the thread of the desktop app.
    await setImmediate();
  }
  if (new Set(clusters.map(({ id }) => id)).size !== clusters.length)
    throw refused('it holds two records of one cluster');
  return clusters;
}

function clusterOf(envelope: Envelope, manifest: CatalogManifest, seenAt: number): Cluster {
  const read = catalogRecordSchema.safeParse(payloadOf(envelope));
  if (!read.success) throw refused('a record does not fit this version');
  if (read.data.revision > manifest.revision)
    throw refused(`its record of ${read.data.cluster.id} is newer than its manifest`);
  return publishedCluster(read.data, seenAt);
}
