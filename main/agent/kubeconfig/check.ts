import { type AppError, fromPlainError, toPlainError } from '../../model/app-error.ts';
import type { EditedFile } from './editor.ts';
import { lockPaths } from './files.ts';
import type { EntryState } from './inspection.ts';
import type { Journal } from './journal.ts';
import { abandonedLock } from './lock.ts';
import type { Reader } from './reader.ts';

/** An entry that we wrote, as its file is now. */
export interface CheckedEntry extends Omit<EntryState, 'status'> {
  readonly file: EditedFile;
  readonly status: EntryState['status'] | 'missing';
}

export interface Checked {
  readonly entries: readonly CheckedEntry[];
  /** Files that cannot be read, and locks that nobody releases any more. */
  readonly failures: readonly AppError[];
}

/**
 * Resolves with the state of every entry that the journal knows. `lockFailure` looks at the locks of a file: where
 * undefined, it removes those of ours whose process has ended.
 */
export async function checkEntries(
  journal: Pick<Journal, 'all'>,
  reader: Pick<Reader, 'read'>,
  lockFailure: typeof abandonedLock = abandonedLock,
): Promise<Checked> {
  const entries: CheckedEntry[] = [];
  const failures: AppError[] = [];
  for (const [real, record] of await journal.all()) {
    const file = { given: record.given, real };
    const written = record.states.at(-1)?.stanzas ?? [];
    const ids = new Set(written.map(({ id }) => id));
    if (ids.size === 0) continue;
    try {
      const lock = await lockFailure(await lockPaths(file));
      if (lock !== undefined) failures.push(lock);
      const { entries: found } = await reader.read(file);
      for (const id of ids) {
        const seen = found.find((one) => one.id === id);
        const name = written.find((one) => one.id === id && one.list === 'contexts')?.item.name ?? id;
        entries.push({ ...(seen ?? { id, status: 'missing', name, plugin: [], lacks: [] }), file });
      }
    } catch (error) {
      failures.push(fromPlainError(toPlainError(error)));
    }
  }
  return { entries, failures };
}
