import { lstat } from 'node:fs/promises';
import type { Attributes } from './attributes.ts';
import type { Edited, EditedFile } from './editor.ts';
import { ignoreMissing, lockPaths } from './files.ts';
import type { Inspection } from './inspection.ts';
import type { Journal } from './journal.ts';
import type { Planner } from './planner.ts';
import { isUntouched, type Snapshot, snapshot } from './write.ts';

/** Reads files for polling. */
export interface Reader {
  /**
   * Resolves with the content of the file. A missing one is empty. Rejects with `kubeconfig-unreadable` or
   * `kubeconfig-invalid`.
   */
  read(file: EditedFile): Promise<Inspection>;
  /** Remembers what an edit of ours wrote, which is not read again. */
  wrote(file: EditedFile, edited: Pick<Edited, 'plan' | 'after'>): void;
}

/** A file that changed this recently may change again without a new time stamp. */
const restlessMs = 100;

interface Known {
  readonly status: Snapshot['status'];
  readonly inspection: Inspection;
  /** Ours counts for a moment only: then it is read. */
  readonly until: number;
  /** What we wrote: the same bytes are not parsed again. Kept until they are read, and not hashed, which would take longer. */
  readonly written?: Buffer;
}

/** Caches what it parsed until the file's status changes. */
export function createReader(options: {
  readonly planner: Planner;
  readonly attributes: Pick<Attributes, 'seen'>;
  readonly journal: Pick<Journal, 'get'>;
  readonly owner: () => Promise<string>;
}): Reader {
  const { planner, attributes, journal, owner } = options;
  const known = new Map<string, Known>();
  return {
    async read(file) {
      const last = known.get(file.real);
      if (last !== undefined && Date.now() < last.until && (await isUntouched(file.real, last.status)))
        return last.inspection;
      const readAt = Date.now();
      const seen = await snapshot(file.real);
      attributes.seen(file.real, seen.status);
      // kubectl truncates the file under its lock before it writes: that is not its content.
      if (last !== undefined && seen.bytes.length === 0 && (await isLocked(file))) return last.inspection;
      const inspection = last?.written?.equals(seen.bytes)
        ? last.inspection
        : await planner.inspect({
            bytes: seen.bytes,
            file: file.real,
            owner: await owner(),
            last: (await journal.get(file.real))?.states.at(-1),
          });
      if (readAt - (seen.status?.mtimeMs ?? 0) > restlessMs)
        known.set(file.real, { status: seen.status, inspection, until: Number.POSITIVE_INFINITY });
      else known.delete(file.real);
      return inspection;
    },
    wrote({ real }, { plan, after }) {
      if (after.status === undefined || !after.bytes.equals(plan.bytes)) known.delete(real);
      else
        known.set(real, {
          status: after.status,
          inspection: plan.after,
          until: Date.now() + restlessMs,
          written: after.bytes,
        });
    },
  };
}

async function isLocked(file: EditedFile): Promise<boolean> {
  for (const lock of await lockPaths(file)) {
    if ((await lstat(lock).catch(ignoreMissing)) !== undefined) return true;
  }
  return false;
}
