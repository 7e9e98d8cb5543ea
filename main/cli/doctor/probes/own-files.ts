import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { accountName, isOurs } from '../../../agent/storage/owner.ts';

/** The state folder if other accounts can open it, or a file in it that belongs to another one. */
export type OwnFile = { readonly file: string } & (
  | { readonly trouble: 'open'; readonly mode: number }
  | { readonly trouble: 'foreign'; readonly owner: string }
);

/** The state folder has a few hundred files, and one for each account with clusters. */
const entriesAtMost = 5_000;

/**
 * Resolves with what is wrong about the permissions of the agent's files. Inside a folder that only this account can open,
 * the mode of a file does not matter: the state folder's own decides. On Windows its place does, and nothing is looked at.
 */
export async function lookAtOwnFiles(state: string): Promise<readonly OwnFile[]> {
  if (process.platform === 'win32') return [];
  const found: OwnFile[] = [];
  let count = 0;
  const look = async (file: string): Promise<void> => {
    count += 1;
    const stats = count > entriesAtMost ? undefined : await lstat(file).catch(() => undefined);
    // A link has no mode of its own.
    if (stats === undefined || stats.isSymbolicLink()) return;
    if (!isOurs(stats)) found.push({ file, trouble: 'foreign', owner: accountName(stats.uid) });
    else if (file === state && (stats.mode & 0o077) !== 0)
      found.push({ file, trouble: 'open', mode: stats.mode & 0o777 });
    if (!stats.isDirectory()) return;
    for (const name of await readdir(file).catch(() => [])) await look(path.join(file, name));
  };
  await look(state);
  return found;
}
