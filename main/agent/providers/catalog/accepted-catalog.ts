import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import {
  type CatalogAnswer,
  type CatalogManifest,
  catalogAnswerSchema,
  type Envelope,
} from '../../../model/published-catalog.ts';
import type { Clock, Logger } from '../../parts.ts';
import { jsonFile } from '../../storage/json-file.ts';
import type { Answered } from './ask-catalog.ts';
import { refused } from './refused.ts';
import { type PinnedKeys, pinnedKeys, proofOf } from './signatures.ts';
import { openManifest, staleAt, verifyManifest, verifyRecords } from './verify-catalog.ts';

const { manifest, digests, bundles } = catalogAnswerSchema.shape;
const storedSchema = z.object({
  /** The highest revision that was accepted from each key, by its id: it outlives what a removed key has signed. */
  floors: z.record(z.string(), z.number()),
  accepted: z.object({ url: z.string(), etag: z.string().optional(), manifest, digests }).optional(),
});
type Stored = z.infer<typeof storedSchema>;

/** The last catalog that was accepted. */
export interface AcceptedCatalog {
  readonly manifest: CatalogManifest;
  readonly clusters: readonly Cluster[];
}

/** Decides which catalog is accepted, and stores the last one. */
export interface AcceptedCatalogs {
  /** Returns the last one, if the keys that may sign have signed all of it. Never rejects. */
  current(publicKeys: readonly string[]): Promise<AcceptedCatalog | undefined>;
  /** Returns the tag of the last answer, for the next request; undefined if it is of another address or not usable. */
  etag(from: From): Promise<string | undefined>;
  /** Accepts an answer of the Worker. Rejects with `answer-refused`, and then nothing changes. */
  accept(answered: Answered, from: From): Promise<void>;
}

interface From {
  readonly url: string;
  readonly publicKeys: readonly string[];
}

interface Checked extends AcceptedCatalog {
  readonly keys: PinnedKeys;
  /** The proofs of its records. The records themselves are on disk alone: they are most of its size. */
  readonly verified: ReadonlySet<string>;
}

export function createAcceptedCatalogs(options: {
  /** Our state folder. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Called with a message for the user. */
  readonly notice: (message: string) => void;
}): AcceptedCatalogs {
  const { folder, clock, logger } = options;
  const warn = (message: string, error: unknown) => logger.warn(message, { error: toPlainError(error) });
  const onUnreadable = (name: string, reason: string, aside: string) => {
    logger.warn('The last catalog of the organisation is set aside', { file: name, reason, aside });
    options.notice(
      `The organisation's last catalog cannot be read (${reason}). It is stored as ${aside}, and asked for again.`,
    );
  };
  const open = <T>(name: string, schema: z.ZodType<T>) =>
    jsonFile({ file: path.join(folder, name), version: 1, schema, onUnreadable });
  const file = open('published-catalog.json', storedSchema);
  // A file of its own, because a catalog is renewed far more often than it changes.
  const recordsFile = open('published-catalog-records.json', bundles);
  const unread = (error: unknown) => {
    warn('The last catalog of the organisation cannot be read', error);
    return undefined;
  };
  let stored: Promise<Stored> | undefined;
  const read = () => {
    stored ??= file
      .read()
      .catch(unread)
      .then((found) => found ?? { floors: {} });
    return stored;
  };
  /** What was checked with these keys. Others check it again. */
  let checked:
    | { readonly publicKeys: readonly string[]; readonly result: Promise<Checked | undefined> }
    | undefined;

  const check = async (publicKeys: readonly string[]): Promise<Checked | undefined> => {
    const { accepted } = await read();
    if (accepted === undefined) return undefined;
    try {
      const keys = pinnedKeys(publicKeys);
      const signed = await openManifest(accepted.manifest, keys);
      const records = await recordsFile.read();
      if (records === undefined) return undefined;
      const answer = { digests: accepted.digests, bundles: records };
      const clusters = await verifyRecords(answer, signed, { keys, verified: new Set() });
      return { manifest: signed, clusters, keys, verified: proofsOf(records) };
    } catch (error) {
      warn('The last catalog of the organisation is not used', error);
      return undefined;
    }
  };
  const load = (publicKeys: readonly string[]) => {
    if (!isDeepStrictEqual(checked?.publicKeys, publicKeys))
      checked = { publicKeys, result: check(publicKeys) };
    return checked?.result ?? Promise.resolve(undefined);
  };

  /** Returns what is accepted of an answer, and the records to store; none if they are the same as before. */
  const verify = async (
    answered: Answered,
    envelope: Envelope,
    known: Checked | undefined,
    keys: PinnedKeys,
  ) => {
    const { floors, accepted } = await read();
    const floor = Math.max(0, ...[...keys.keys()].map((id) => floors[id] ?? 0));
    const signed = await verifyManifest(envelope, { keys, floor, manifest: known?.manifest }, clock.now());
    if (answered.kind === 'changed') {
      const { answer, etag } = answered;
      const { verified = new Set<string>() } = known ?? {};
      const clusters = await verifyRecords(answer, signed, { keys, verified });
      const next: Checked = { manifest: signed, clusters, keys, verified: proofsOf(answer.bundles) };
      return { next, digests: answer.digests, etag, records: answer.bundles };
    }
    if (known === undefined || accepted === undefined || signed.root !== known.manifest.root)
      throw refused('its manifest is not that of the catalog that has not changed');
    const seenAt = Date.parse(signed.publishedAt);
    const clusters = known.clusters.map((cluster) => ({ ...cluster, seenAt }));
    const next: Checked = { ...known, manifest: signed, clusters };
    return { next, digests: accepted.digests, etag: accepted.etag, records: undefined };
  };

  return {
    current: load,
    async etag({ url, publicKeys }) {
      const { accepted } = await read();
      return (await load(publicKeys)) !== undefined && accepted?.url === url ? accepted.etag : undefined;
    },
    async accept(answered, { url, publicKeys }) {
      const known = await load(publicKeys);
      const { floors, accepted } = await read();
      const envelope = answered.kind === 'changed' ? answered.answer.manifest : answered.manifest;
      const keys = known?.keys ?? pinnedKeys(publicKeys);
      const { next, etag, records, ...rest } = await verify(answered, envelope, known, keys);
      if (records === undefined && isDeepStrictEqual(envelope, accepted?.manifest)) return;
      const content: Stored = {
        floors: { ...floors, [envelope.keyId]: next.manifest.revision },
        accepted: { url, ...(etag === undefined ? {} : { etag }), manifest: envelope, digests: rest.digests },
      };
      stored = Promise.resolve(content);
      checked = { publicKeys, result: Promise.resolve(next) };
      try {
        // First: without its records, a manifest is not used.
        if (records !== undefined) await recordsFile.write(records);
        await file.write(content);
      } catch (error) {
        warn("The organisation's catalog is not saved", error);
      }
    },
  };
}

function proofsOf(those: CatalogAnswer['bundles']): ReadonlySet<string> {
  return new Set(those.flat().map(proofOf));
}

/** Returns whether a catalog is fresh. */
export function isFresh(accepted: AcceptedCatalog, now: number): boolean {
  return now < staleAt(accepted.manifest);
}
