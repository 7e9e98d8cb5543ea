import { constants } from 'node:fs';
import { lstat, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { accountName, isOurs, isOursOrRoot } from './owner.ts';

/**
 * Makes sure that a folder exists, is a real folder of this account, and is not accessible to other accounts (0700).
 * `shared` says that it is in a folder in which other accounts may create files too, such as /tmp: anything that
 * already exists there is then not followed. A folder of the user's own may be reached through the user's symbolic
 * link.
 * Rejects with `file-unwritable`, which names the path, its owner and the fix.
 */
export async function privateFolder(folder: string, { shared }: { readonly shared: boolean }): Promise<void> {
  try {
    if (shared) await safeParent(path.dirname(folder));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (process.platform === 'win32') return;
    const entry = await lstat(folder);
    if (!isOurs(entry)) throw foreign(folder, entry.uid);
    if (entry.isSymbolicLink() && shared) {
      throw new AppError('file-unwritable', `${folder} is a symbolic link, not a folder.`, {
        hint: 'Remove the link and try again.',
      });
    }
    // Check and change the same folder, even if the path changes meanwhile.
    const noLink = entry.isSymbolicLink() ? 0 : constants.O_NOFOLLOW;
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | noLink);
    try {
      const { uid, mode } = await handle.stat();
      if (!isOurs({ uid })) throw foreign(folder, uid);
      if ((mode & 0o077) !== 0) await handle.chmod(0o700);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const errno = errnoOf(cause);
    const entry = await lstat(folder).catch(() => undefined);
    if (entry !== undefined && !isOurs(entry)) throw foreign(folder, entry.uid);
    if (entry !== undefined && !entry.isDirectory()) {
      throw new AppError('file-unwritable', `${folder} is not a folder, so no file can be stored in it.`, {
        hint: 'Move that file away and try again.',
        cause,
      });
    }
    throw new AppError('file-unwritable', `${folder} cannot be created (${errno ?? 'unknown error'}).`, {
      hint: 'Check that your home folder exists, is yours, and has space left.',
      cause,
    });
  }
}

/**
 * Rejects unless no other account can replace the folder's content: it belongs to the user or the administrator, and is
 * sticky if others may write to it.
 */
async function safeParent(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const parent = await stat(folder).catch(() => undefined);
  // It is created next, without permissions for others.
  if (parent === undefined) return;
  const writable = (parent.mode & 0o022) !== 0 && (parent.mode & 0o1000) === 0;
  if (isOursOrRoot(parent) && !writable) return;
  const why = writable ? 'may be changed by other accounts' : `belongs to ${accountName(parent.uid)}`;
  throw new AppError('file-unwritable', `${folder} ${why}, so the agent's socket would not be safe there.`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder of your own with mode 0700.',
  });
}

function foreign(folder: string, uid: number): AppError {
  return new AppError('file-unwritable', `${folder} belongs to ${accountName(uid)}, not to you.`, {
    hint: `Ask that account or an administrator to remove it (\`ls -ld ${folder}\` shows it), then try again.`,
  });
}
