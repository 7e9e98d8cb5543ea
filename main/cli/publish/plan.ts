import { isDeepStrictEqual } from 'node:util';
import type { Audience } from '../../agent/catalog/audience.ts';
import { digestOf } from '../../agent/providers/catalog/signatures.ts';
import type { ClusterId } from '../../model/cluster.ts';
import {
  type CatalogManifest,
  type CatalogRecord,
  catalogRecordSchema,
  type Envelope,
} from '../../model/published-catalog.ts';
import { type Bundle, bundlesOf, type SignedRecord } from './bundles.ts';
import type { SigningKey } from './signing-key.ts';

/** A cluster that is to be published, as its record has it. */
export interface Wanted {
  readonly cluster: CatalogRecord['cluster'];
  readonly audience: readonly string[];
}

/** A record that the Worker has. */
export interface PublishedRecord {
  readonly envelope: Envelope;
  readonly record: CatalogRecord;
  readonly audience: readonly string[];
  /** True if our key has signed it. */
  readonly isOurs: boolean;
}

export interface Change {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly cluster: ClusterId;
  readonly audience: readonly string[];
  /** The audience before, if it changed. */
  readonly before?: readonly string[];
  /** The fields of the cluster that changed. */
  readonly fields?: readonly string[];
}

export interface PublicationPlan {
  readonly changes: readonly Change[];
  readonly records: readonly { readonly wanted: Wanted; readonly kept: PublishedRecord | undefined }[];
}

/** Compares what is to be published with what is. A record that did not change keeps its envelope. */
export function planPublication(
  wanted: readonly Wanted[],
  published: ReadonlyMap<ClusterId, PublishedRecord>,
): PublicationPlan {
  const ids = new Set(wanted.map(({ cluster }) => cluster.id));
  const records = wanted.map((one) => {
    const known = published.get(one.cluster.id);
    const isSame = known !== undefined && isDeepStrictEqual(known.record.cluster, one.cluster);
    return { wanted: one, known, kept: isSame ? known : undefined };
  });
  const changes: readonly Change[] = [
    ...records.flatMap(({ wanted: { cluster, audience }, known }): readonly Change[] => {
      if (known === undefined) return [{ kind: 'added', cluster: cluster.id, audience }];
      const fields = changedFields(known.record.cluster, cluster);
      const isMoved = !isDeepStrictEqual(known.audience, audience);
      if (fields.length === 0 && !isMoved) return [];
      const before = isMoved ? { before: known.audience } : {};
      return [{ kind: 'changed', cluster: cluster.id, audience, ...before, fields }];
    }),
    ...[...published]
      .filter(([id]) => !ids.has(id))
      .map(([id, { audience }]): Change => ({ kind: 'removed', cluster: id, audience })),
  ];
  return {
    changes: changes.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    records: records.map(({ wanted: one, kept }) => ({ wanted: one, kept })),
  };
}

/**
 * Signs the new records, the bundles and the manifest. A record that another key has signed is signed again, with the
 * revision that it has.
 */
export function signPublication(
  { records }: PublicationPlan,
  options: {
    readonly key: SigningKey;
    readonly revision: number;
    readonly publishedAt: Date;
    /** Seconds. */
    readonly maxAge: number;
  },
): { readonly manifest: Envelope; readonly bundles: readonly Bundle[] } {
  const { key, revision, publishedAt, maxAge } = options;
  const signed = records.map(({ wanted: { cluster, audience }, kept }): SignedRecord => {
    const record: CatalogRecord = { kind: 'cluster', revision: kept?.record.revision ?? revision, cluster };
    return {
      id: cluster.id,
      audience,
      envelope: kept?.isOurs === true ? kept.envelope : key.seal(record),
    };
  });
  const bundles = bundlesOf(signed);
  const manifest: CatalogManifest = {
    kind: 'manifest',
    version: 1,
    revision,
    publishedAt: publishedAt.toISOString(),
    maxAge,
    root: digestOf(bundles.map(({ digest }) => digest)),
  };
  return { manifest: key.seal(manifest), bundles };
}

/** Opens the records of a bundle that the Worker has. What is no record is left out: it is published again. */
export function openBundle(
  { envelopes, audience }: Pick<Bundle, 'envelopes' | 'audience'>,
  key: SigningKey | undefined,
): readonly (readonly [ClusterId, PublishedRecord])[] {
  return envelopes.flatMap((envelope) => {
    const record = recordIn(envelope);
    if (record === undefined) return [];
    const isOurs = key?.open(envelope) !== undefined;
    return [[record.cluster.id, { envelope, record, audience, isOurs }] as const];
  });
}

function recordIn({ payload }: Envelope): CatalogRecord | undefined {
  try {
    return catalogRecordSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64').toString())).data;
  } catch {
    return undefined;
  }
}

function changedFields(before: object, after: object): readonly string[] {
  const [one, other] = [before, after] as readonly Readonly<Record<string, unknown>>[];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const isChanged = (name: string) => !isDeepStrictEqual(one?.[name], other?.[name]);
  return [...names].filter(isChanged).toSorted((a, b) => (a < b ? -1 : 1));
}

/** Returns the audience of a cluster, or undefined if it is published to no one. */
export function audienceGiven(audience: Audience, untagged: readonly string[] | undefined) {
  switch (audience.kind) {
    case 'groups':
      return audience.groups;
    case 'untagged':
      return untagged;
    case 'invalid':
      return undefined;
  }
}
