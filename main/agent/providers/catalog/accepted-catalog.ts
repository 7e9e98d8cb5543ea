import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { toPlainError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import {
  type CatalogAnswer,
  type CatalogManifest,
  catalogAnswerSchema,
} from '../../../model/published-catalog.ts';
import type { Clock, Logger } from '../../parts.ts';
import { type JsonFile, jsonFile } from '../../storage/json-file.ts';
import type { Answered } from './ask-catalog.ts';
import { refused } from './refused.ts';
import { type PinnedKeys, pinnedKeys } from './signatures.ts';
import { openManifest, staleAt, verifyManifest, verifyRecords } from './verify-catalog.ts';

const storedSchema = z.object({
  /** The highest revision that was accepted from each key, by its id: it outlives what a removed key has signed. */
  floors: z.record(z.string(), z.number()),
  accepted: z
    .object({ url: z.string(), etag: z.string().optional(), answer: catalogAnswerSchema })
    .optional(),
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
  /** Returns the tag of the last answer from this address, for the next request. */
  etag(url: string): string | undefined;
  /** Accepts an answer of the Worker. Rejects with `answer-refused`, and then nothing changes. */
  accept(
    answered: Answered,
    from: { readonly url: string; readonly publicKeys: readonly string[] },
  ): Promise<void>;
}

export function createAcceptedCatalogs(options: {
  /** Our state folder. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Called with a message for the user. */
  readonly notice: (message: string) => void;
}): AcceptedCatalogs {
  const { clock, logger } = options;
  const file: JsonFile<Stored> = jsonFile({
    file: path.join(options.folder, 'published-catalog.json'),
    version: 1,
    schema: storedSchema,
    onUnreadable(name, reason, aside) {
      logger.warn('The last catalog of the organisation is set aside', { file: name, reason, aside });
      options.notice(
        `The organisation's last catalog cannot be read (${reason}). It is stored as ${aside}, and asked for again.`,
      );
    },
  });
  let stored: Stored = { floors: {} };
  let good: (AcceptedCatalog & { readonly keys: PinnedKeys; readonly named: string }) | undefined;
  let read: Promise<void> | undefined;

  const verified = () =>
    new Map(
      (stored.accepted?.answer.bundles ?? [])
        .flat()
        .map(({ signature, payload }) => [signature, payload] as const),
    );

  /** Reads the file once, and checks it again whenever other keys may sign. */
  const load = async (publicKeys: readonly string[]) => {
    read ??= file.read().then(
      (found) => {
        if (found !== undefined) stored = found;
      },
      (error: unknown) =>
        logger.warn('The last catalog of the organisation cannot be read', { error: toPlainError(error) }),
    );
    await read;
    const named = publicKeys.join(' ');
    if (good?.named === named) return good;
    good = undefined;
    const { accepted } = stored;
    const keys = pinnedKeys(publicKeys);
    if (accepted === undefined) return undefined;
    try {
      const manifest = await openManifest(accepted.answer.manifest, keys);
      const clusters = await verifyRecords(accepted.answer, manifest, { keys, verified: new Map() });
      good = { manifest, clusters, keys, named };
    } catch (error) {
      logger.warn('The last catalog of the organisation is not used', { error: toPlainError(error) });
    }
    return good;
  };

  return {
    current: load,
    etag: (url) => (good !== undefined && stored.accepted?.url === url ? stored.accepted.etag : undefined),
    async accept(answered, { url, publicKeys }) {
      const known = await load(publicKeys);
      const keys = known?.keys ?? pinnedKeys(publicKeys);
      const floor = Math.max(0, ...[...keys.keys()].map((id) => stored.floors[id] ?? 0));
      const envelope = answered.kind === 'changed' ? answered.answer.manifest : answered.manifest;
      const before = { keys, floor, manifest: known?.manifest };
      const manifest = await verifyManifest(envelope, before, clock.now());
      const { accepted } = stored;
      let answer: CatalogAnswer;
      let clusters: readonly Cluster[];
      let etag: string | undefined;
      if (answered.kind === 'changed') {
        ({ answer, etag } = answered);
        clusters = await verifyRecords(answer, manifest, {
          keys,
          verified: known === undefined ? new Map() : verified(),
        });
      } else {
        if (known === undefined || accepted === undefined || manifest.root !== known.manifest.root)
          throw refused('its manifest is not that of the catalog that has not changed');
        if (isDeepStrictEqual(envelope, accepted.answer.manifest)) return;
        answer = { ...accepted.answer, manifest: envelope };
        const seenAt = Date.parse(manifest.publishedAt);
        clusters = known.clusters.map((cluster) => ({ ...cluster, seenAt }));
        ({ etag } = accepted);
      }
      stored = {
        floors: { ...stored.floors, [envelope.keyId]: manifest.revision },
        accepted: { url, ...(etag === undefined ? {} : { etag }), answer },
      };
      good = { manifest, clusters, keys, named: publicKeys.join(' ') };
      await file
        .write(stored)
        .catch((error: unknown) =>
          logger.warn("The organisation's catalog is not saved", { error: toPlainError(error) }),
        );
    },
  };
}

/** Returns whether a catalog is fresh. */
export function isFresh({ manifest }: AcceptedCatalog, now: number): boolean {
  return now < staleAt(manifest);
}
