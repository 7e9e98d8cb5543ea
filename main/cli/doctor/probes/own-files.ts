import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { accountName, isOurs } from '../../../agent/storage/owner.ts';

/** A file or folder of the agent that other accounts can get at, or that belongs to another one. */
export type OwnFile = { readonly file: string; readonly isFolder: boolean } & (
  | { readonly trouble: 'open'; readonly mode: number }
  | { readonly trouble: 'foreign'; readonly owner: string }
);

/** The state folder has a few hundred files, and one for each account with clusters. */
const entriesAtMost = 5_000;

/**
 * Resolves with what is wrong about the permissions of the agent's files. Inside a folder that only this account can open,
 * the mode of a file does not matter. On Windows the folder's place decides, so nothing is looked at.
 */
export async function lookAtOwnFiles(state: string): Promise<readonly OwnFile[]> {
  if (process.platform === 'win32') return [];
  const found: OwnFile[] = [];
  let count = 0;
  const look = async (file: string, isProtected: boolean): Promise<void> => {
    count += 1;
    const stats = count > entriesAtMost ? undefined : await lstat(file).catch(() => undefined);
    // A link has no mode of its own.
    if (stats === undefined || stats.isSymbolicLink()) return;
    const isFolder = stats.isDirectory();
    const isOpen = (stats.mode & 0o077) !== 0;
    if (!isOurs(stats)) found.push({ file, isFolder, trouble: 'foreign', owner: accountName(stats.uid) });
    else if (isOpen && !isProtected)
      found.push({ file, isFolder, trouble: 'open', mode: stats.mode & 0o777 });
    if (!isFolder) return;
    const names = await readdir(file).catch(() => []);
    for (const name of names) await look(path.join(file, name), isProtected || !isOpen);
  };
  await look(state, false);
  return found;
}
