import { createHash } from 'node:crypto';
import { digestOf } from '../../agent/providers/catalog/signatures.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Envelope } from '../../model/published-catalog.ts';

/** A record with those who get it. */
export interface SignedRecord {
  readonly id: ClusterId;
  readonly audience: readonly string[];
  readonly envelope: Envelope;
}

export interface Bundle {
  readonly digest: string;
  readonly audience: readonly string[];
  readonly envelopes: readonly Envelope[];
}

/** About 1 MB: what is sent again when one of its records changes. */
const recordsAtMost = 250;

/**
 * Groups records by their audience, and large groups by their ids, so that a change of one cluster changes one bundle.
 * Sorted by digest, which tells nothing of the audience.
 */
export function bundlesOf(records: readonly SignedRecord[]): readonly Bundle[] {
  const byAudience = Map.groupBy(records, ({ audience }) => audience.join('\n'));
  return [...byAudience.values()]
    .flatMap(parted)
    .map((part) => {
      const sorted = part.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const envelopes = sorted.map(({ envelope }) => envelope);
      return {
        digest: digestOf(envelopes.map(({ signature }) => signature)),
        audience: part[0]?.audience ?? [],
        envelopes,
      };
    })
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** The number of parts doubles, so that it seldom changes. */
function parted(records: readonly SignedRecord[]): readonly (readonly SignedRecord[])[] {
  const parts = 2 ** Math.max(0, Math.ceil(Math.log2(records.length / recordsAtMost)));
  return [...Map.groupBy(records, ({ id }) => sha256(id).readUInt16BE() % parts).values()];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
