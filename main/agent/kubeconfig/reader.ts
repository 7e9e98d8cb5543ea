import { lstat } from 'node:fs/promises';
import type { EditedFile } from './editor.ts';
import { ignoreMissing, lockPaths } from './files.ts';
import type { Inspection } from './plan.ts';
import type { Planner } from './planner.ts';
import { isUntouched, type Snapshot, snapshot } from './write.ts';

/** Reads files for polling. */
export interface Reader {
  /**
   * Resolves with the content of the file. A missing one is empty. Rejects with `kubeconfig-unreadable` or
   * `kubeconfig-invalid`.
   */
  read(file: EditedFile): Promise<Inspection>;
}

/** A file that changed this recently may change again without a new time stamp. */
const restlessMs = 100;

/** Caches what it parsed until the file's status changes. */
export function createReader(planner: Planner): Reader {
  const known = new Map<string, { readonly status: Snapshot['status']; readonly inspection: Inspection }>();
  return {
    async read(file) {
      const last = known.get(file.real);
      if (last !== undefined && (await isUntouched(file.real, last.status))) return last.inspection;
      const readAt = Date.now();
      const seen = await snapshot(file.real);
      // kubectl truncates the file under its lock before it writes: that is not its content.
      if (last !== undefined && seen.bytes.length === 0 && (await isLocked(file))) return last.inspection;
      const inspection = await planner.inspect(file.real, seen.bytes);
      if (readAt - (seen.status?.mtimeMs ?? 0) > restlessMs)
        known.set(file.real, { status: seen.status, inspection });
      else known.delete(file.real);
      return inspection;
    },
  };
}

async function isLocked(file: EditedFile): Promise<boolean> {
  for (const lock of await lockPaths(file)) {
    if ((await lstat(lock).catch(ignoreMissing)) !== undefined) return true;
  }
  return false;
}
