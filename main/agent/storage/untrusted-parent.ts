import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { isWritableByOthers } from './owner.ts';

/** A folder through which another account could replace a file. */
export interface UntrustedParent {
  readonly parent: string;
  readonly why: 'not-a-folder' | 'owner' | 'writable';
}

/**
 * Resolves with the first folder above a file, from the root down, that does not belong to one of `owners` or that
 * other accounts can write to. The order matters: nobody else can replace what is below a checked folder. `file` is a
 * real path. Folders for which `isRelaxed` is true may be writable by a group with the owner's own number: many systems
 * create such a group for each user. Rejects with the system's own error.
 */
export async function untrustedParent(
  file: string,
  owners: readonly number[],
  isRelaxed: (parent: string) => boolean,
): Promise<UntrustedParent | undefined> {
  for (const parent of parentsOf(file)) {
    const stats = await lstat(parent);
    if (!stats.isDirectory()) return { parent, why: 'not-a-folder' };
    if (!owners.includes(stats.uid)) return { parent, why: 'owner' };
    if (isWritableByOthers(stats, () => isRelaxed(parent) && stats.gid === stats.uid))
      return { parent, why: 'writable' };
  }
  return undefined;
}

function parentsOf(file: string): readonly string[] {
  const parent = path.dirname(file);
  return parent === file ? [] : [...parentsOf(parent), parent];
}
