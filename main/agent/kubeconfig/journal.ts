import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { once } from '../async/once.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { listNames } from './document.ts';
import type { FileState } from './plan.ts';
import type { OurStanza, Plain } from './stanza.ts';

const plainSchema: z.ZodType<Plain> = z.json();
const source = z.string().nullable();

const named = z.object({ name: z.string() }).catchall(plainSchema);

const stateSchema: z.ZodType<FileState> = z.object({
  hash: z.string(),
  edits: z.array(z.object({ at: z.number(), before: z.string(), length: z.number() })),
  stanzas: z.array(
    z.object({
      list: z.enum(listNames),
      id: z.string(),
      // Not an object schema: that would put `name` first, and the stanza would be written again in another order.
      item: z.custom<OurStanza['item']>((item) => named.safeParse(item).success),
    }),
  ),
  choices: z.array(z.object({ id: z.string(), context: z.string() })),
  found: z.object({
    lists: z.object({ clusters: source, contexts: source, users: source }),
    current: z.object({ source: z.string(), value: z.string() }).nullable(),
  }),
});

export const recordSchema = z.object({
  /** The path as it was given at our last write: kubectl's lock is beside it. */
  given: z.string(),
  /** Our possible content of the file: during a write the states before and after it, else one state. */
  states: z.array(stateSchema),
  /** A temporary file that a crash may have left. */
  temporary: z.string().nullable(),
  /**
   * Set while the file is written in place: a copy of the previous bytes. Killed then, the next agent finishes the write
   * from `temporary`, which has the new bytes.
   */
  before: z.string().optional(),
  /** What was created for the file, and is removed with it: the file itself, and folders, the outermost first. */
  created: z.object({ file: z.boolean(), folders: z.array(z.string()) }),
});

/** The content of the journal's file. */
export const journalSchema = z.record(z.string(), recordSchema);

/** Our changes to one file. */
export type JournalRecord = z.infer<typeof recordSchema>;

/**
 * Stores our changes to each file by its real path, on disk before any file is changed. Contains proxy passwords: 0600.
 */
export interface Journal {
  all(): Promise<ReadonlyMap<string, JournalRecord>>;
  get(real: string): Promise<JournalRecord | undefined>;
  /** Stores a record, or removes it if undefined. Resolves when it is on disk. */
  set(real: string, record: JournalRecord | undefined): Promise<void>;
  /** Replaces a record by one that means the same, on disk with the next `set`: this saves the flush of a file. */
  tidy(real: string, record: JournalRecord): Promise<void>;
}

/** Opens the journal in `file`, which is read once. Renames and reports a file with invalid content. */
export function openJournal(file: string, logger: Logger): Journal {
  const storage = jsonFile({
    file,
    version: 1,
    schema: journalSchema,
    onUnreadable: (name, reason) => logger.warn('kubeconfig journal set aside', { file: name, reason }),
  });
  const load = once(async () => new Map(Object.entries((await storage.read()) ?? {})));
  return {
    all: async () => new Map(await load()),
    get: async (real) => (await load()).get(real),
    async set(real, record) {
      const records = await load();
      if (isDeepStrictEqual(records.get(real), record)) return;
      const next = new Map(records);
      if (record === undefined) next.delete(real);
      else next.set(real, record);
      await storage.write(Object.fromEntries(next));
      if (record === undefined) records.delete(real);
      else records.set(real, record);
    },
    tidy: async (real, record) => void (await load()).set(real, record),
  };
}
