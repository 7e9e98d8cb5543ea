import { randomBytes } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError, toPlainError } from '../../model/app-error.ts';
import { once } from '../async/once.ts';
import type { Clock, Logger } from '../parts.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { contentHash } from './content-hash.ts';
import { type JournalRecord, recordSchema } from './journal.ts';

/** How many edits of each file to keep, and for how long. */
const keptEdits = 20;
const keptMs = 30 * 24 * 60 * 60_000;
/** The most bytes of file contents to keep. The oldest edits go first. */
const keptBytes = 64 * 1024 * 1024;

const editSchema = z.object({
  id: z.string(),
  /** ms since the epoch. */
  at: z.number(),
  /** The path as it was given, and after all links. */
  given: z.string(),
  real: z.string(),
  /** SHA-256 of the contents, which are stored under it. Null where there was no file. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  bytes: z.number(),
  /** The journal's record before the edit; null where the file had no entry of ours. */
  record: recordSchema.nullable(),
  /** The edit that this one undid. */
  undoes: z.string().optional(),
});
export type KubeconfigEdit = z.infer<typeof editSchema>;

/** Our edits of kubeconfig files, with the bytes before and after each. Contains proxy passwords: 0600 in a 0700 folder. */
export interface EditHistory {
  /** Records an edit. Never rejects: an edit that cannot be undone is better than none. */
  add(edit: {
    readonly given: string;
    readonly real: string;
    readonly before: Uint8Array | undefined;
    readonly after: Uint8Array | undefined;
    readonly record: JournalRecord | undefined;
    readonly undoes?: string | undefined;
  }): Promise<void>;
  /** Resolves with the edits of these files, the latest first. */
  of(files: readonly string[]): Promise<readonly KubeconfigEdit[]>;
  /** Resolves with the bytes of a content; undefined where there was no file. Rejects with `not-found` if it is gone. */
  content(hash: string | null): Promise<Uint8Array | undefined>;
}

export function createEditHistory(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): EditHistory {
  const { folder, clock, logger } = options;
  const index = path.join(folder, 'edits.json');
  const load = once(async (): Promise<KubeconfigEdit[]> => {
    const text = await readFile(index, 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    try {
      return z.array(editSchema).parse(JSON.parse(text));
    } catch (error) {
      logger.warn('The history of the kubeconfig is not read', { error: toPlainError(error) });
      return [];
    }
  });
  // Without a flush to the disk, which would take longer than the edit: after a power failure, an edit may be missing.
  const put = async (name: string, bytes: string | Uint8Array) => {
    await writeFileAtomic(path.join(folder, name), bytes, { isFlushed: false });
  };
  const store = async (bytes: Uint8Array | undefined, known: readonly KubeconfigEdit[]) => {
    if (bytes === undefined) return null;
    const hash = await contentHash(bytes);
    if (!known.some(({ before, after }) => before === hash || after === hash)) await put(hash, bytes);
    return hash;
  };
  const drop = async (kept: readonly KubeconfigEdit[]) => {
    const wanted = new Set(kept.flatMap(({ before, after }) => [before, after]));
    for (const name of await readdir(folder).catch(() => []))
      if (/^[0-9a-f]{64}$/.test(name) && !wanted.has(name)) await unlink(path.join(folder, name));
  };

  return {
    async add({ given, real, before, after, record, undoes }) {
      try {
        const edits = await load();
        const [old, now] = await Promise.all([store(before, edits), store(after, edits)]);
        edits.push({
          id: randomBytes(4).toString('hex'),
          at: clock.now(),
          given,
          real,
          before: old,
          after: now,
          bytes: (before?.length ?? 0) + (after?.length ?? 0),
          record: record ?? null,
          ...(undoes === undefined ? {} : { undoes }),
        });
        const kept = newest(edits, clock.now());
        const isFull = kept.length < edits.length;
        edits.splice(0, edits.length, ...kept);
        await put('edits.json', JSON.stringify(edits));
        if (isFull) await drop(edits);
      } catch (error) {
        logger.warn('An edit of the kubeconfig is not in its history', { error: toPlainError(error) });
      }
    },
    of: async (files) => (await load()).filter(({ real }) => files.includes(real)).toReversed(),
    async content(hash) {
      if (hash === null) return undefined;
      return readFile(path.join(folder, hash)).catch((cause: unknown) => {
        throw new AppError('not-found', 'The contents of this edit are not stored any more.', { cause });
      });
    },
  };
}

/** Returns the edits to keep, in their order. */
function newest(edits: readonly KubeconfigEdit[], now: number): readonly KubeconfigEdit[] {
  const counts = new Map<string, number>();
  let bytes = 0;
  return edits
    .toReversed()
    .filter((edit, index) => {
      const count = (counts.get(edit.real) ?? 0) + 1;
      counts.set(edit.real, count);
      bytes += edit.bytes;
      return index === 0 || (count <= keptEdits && now - edit.at < keptMs && bytes <= keptBytes);
    })
    .toReversed();
}
