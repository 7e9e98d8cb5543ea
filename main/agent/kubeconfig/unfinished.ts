import { readFile, unlink } from 'node:fs/promises';
import type { Clock } from '../parts.ts';
import type { EditedFile } from './editor.ts';
import { ignoreMissing, lockPaths } from './files.ts';
import type { Journal } from './journal.ts';
import { withLocks } from './lock.ts';
import { snapshot, writeInPlace } from './write.ts';

/**
 * Cleans up after a process of ours that was killed while it wrote: finishes a write in place that it had begun, and removes
 * its temporary file. Rejects as `withLocks` and `snapshot` do.
 */
export async function finishWrite(
  { real, given }: EditedFile,
  options: { readonly journal: Journal; readonly clock: Clock; readonly timeoutMs: number },
): Promise<void> {
  const { journal } = options;
  const record = await journal.get(real);
  const temporary = record?.temporary ?? undefined;
  if (record === undefined || temporary === undefined) return;
  const { before, ...done } = record;
  if (before !== undefined) {
    const [wanted, old] = await Promise.all([readOrNone(temporary), readOrNone(before)]);
    if (wanted !== undefined && old !== undefined) {
      const locks = await lockPaths({ given, real });
      await withLocks({ ...options, locks }, async () => {
        const { bytes } = await snapshot(real);
        if (isPartOf(bytes, wanted, old)) await writeInPlace(real, bytes, wanted);
      });
    }
    await journal.set(real, done);
  }
  await unlink(temporary).catch(ignoreMissing);
}

/** Returns true if the new bytes were written over the old ones only up to some place. */
function isPartOf(bytes: Buffer, wanted: Buffer, old: Buffer): boolean {
  if (bytes.equals(old) || bytes.equals(wanted)) return false;
  let same = 0;
  while (same < bytes.length && bytes[same] === wanted[same]) same += 1;
  return bytes.subarray(same).equals(old.subarray(same));
}

function readOrNone(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(ignoreMissing);
}
