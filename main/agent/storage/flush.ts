import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from '../../model/app-error.ts';

/** How file systems say that they cannot flush: some of FUSE, 9p and network drives. Their writes are done all the same. */
const unable: readonly (string | undefined)[] = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Flushes a file to disk, as far as its file system can. Rejects with the system's error for a write that failed. */
export async function flush(handle: Pick<FileHandle, 'sync'>): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (!unable.includes(errnoOf(error))) throw error;
  }
}
