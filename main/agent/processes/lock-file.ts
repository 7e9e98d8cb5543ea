import { closeSync, constants, openSync } from 'node:fs';
import { lstat, open, readFile, readlink, symlink, unlink } from 'node:fs/promises';
import { errnoOf } from '../../model/app-error.ts';
import { type Patience, whileBusy } from '../storage/busy-file.ts';

/**
 * Flags of libuv on Windows that Node does not name: delete the file when its last handle is closed, and open it only if
 * nobody has it open. https://docs.libuv.org/en/v1.x/fs.html#file-open-constants
 */
const deleteOnClose = 0x40;
const exclusive = 0x10000000;

/** A process that was just ended, or a virus scanner, has the file open for milliseconds. */
const busyLimitMs = 500;

/**
 * Creates a lock file with O_EXCL. Resolves with the function that removes it, which never rejects.
 * On Windows the file stays open until then: nothing there tells when a process started, so a pid in the file may be
 * another process's by now, but an open file has an owner, and Windows removes it when its owner ends, however it ends.
 * Rejects with the system's error: EEXIST if the file exists.
 */
export async function createLockFile(
  file: string,
  body: string,
  { platform = process.platform, ...patience }: Patience = {},
): Promise<() => Promise<void>> {
  const stays = platform === 'win32';
  const { O_CREAT, O_EXCL, O_RDWR } = constants;
  const flags = stays ? O_CREAT | O_EXCL | O_RDWR | deleteOnClose : 'wx';
  const busy = { platform, limitMs: busyLimitMs, ...patience };
  const handle = await whileBusy('replace', () => open(file, flags, 0o600), busy);
  const remove = () => whileBusy('replace', () => unlink(file), busy).catch(() => {});
  try {
    await handle.writeFile(body);
  } catch (error) {
    await remove();
    await handle.close();
    throw error;
  }
  if (!stays) await handle.close();
  return async () => {
    await remove();
    if (stays) await handle.close().catch(() => {});
  };
}

/** How file systems say that they have no symbolic links. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'];

/**
 * Creates a lock that says whose it is from its first moment on: a symbolic link whose target is `body`. symlink(2) makes
 * both in one step, so that no process dies between the two and leaves a lock of nobody. To `O_CREAT|O_EXCL`, with which
 * client-go locks, a link exists like a file. On Windows, and where there are no links, it is as `createLockFile`.
 * Resolves with the function that removes it, which never rejects. Rejects with the system's error: EEXIST if it exists.
 */
export async function createLockLink(file: string, body: string): Promise<() => Promise<void>> {
  if (process.platform !== 'win32') {
    try {
      await symlink(body, file);
      return () => unlink(file).catch(() => {});
    } catch (error) {
      if (!withoutLinks.includes(errnoOf(error))) throw error;
    }
  }
  return createLockFile(file, body);
}

/** A body is a hundred bytes. */
const longestBody = 4_096;

/** Resolves with what a lock says, or undefined if it says nothing that can be read. Never rejects. */
export async function readLock(file: string): Promise<string | undefined> {
  try {
    const status = await lstat(file);
    if (status.isSymbolicLink()) return await readlink(file);
    // Reading a pipe may never end. kubectl's locks are empty, and after a kill not even readable.
    return status.isFile() && status.size <= longestBody ? await readFile(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * On Windows, removes a lock file of ours that no process has open: its owner lost power, or is of an older version.
 * Returns true if it is gone, false if somebody has it open, and undefined on systems that do not say.
 */
export function removeUnheld(
  file: string,
  options: {
    readonly platform?: NodeJS.Platform;
    readonly openFile?: (file: string, flags: number) => number;
    readonly closeFile?: (descriptor: number) => void;
  } = {},
): boolean | undefined {
  const { platform = process.platform, openFile = openSync, closeFile = closeSync } = options;
  if (platform !== 'win32') return undefined;
  try {
    // Nobody can take the file between the check and its removal.
    closeFile(openFile(file, constants.O_RDWR | exclusive | deleteOnClose));
    return true;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}
