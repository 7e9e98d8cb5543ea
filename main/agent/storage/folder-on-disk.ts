import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../model/app-error.ts';

/**
 * Returns a folder as the disk spells it, for what is derived from its path. Its last parts may not exist yet: these are
 * returned as given, and so is a folder that may not be read. Synchronous, because everything else is in that folder.
 */
export function folderOnDisk(
  folder: string,
  resolve: (folder: string) => string = realpathSync.native,
): string {
  try {
    return resolve(folder);
  } catch (error) {
    const parent = dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) return folder;
    return join(folderOnDisk(parent, resolve), folder.slice(parent.length));
  }
}
