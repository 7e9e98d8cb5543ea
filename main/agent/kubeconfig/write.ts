import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, type FileHandle, open, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { replaceFile, whileBusy } from '../storage/busy-file.ts';
import { flush } from '../storage/flush.ts';
import type { Attributes } from './attributes.ts';
import { shortened } from './backups.ts';
import { ignoreMissing, unreadable } from './files.ts';
import { unwritable } from './lock.ts';

/** The status of a file at one moment. */
interface Status {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A file at one moment. A missing file has no bytes and no status. */
export interface Snapshot {
  readonly bytes: Buffer;
  readonly status: Status | undefined;
}

/**
 * Reads a file and its status through one handle. Rejects with `kubeconfig-unreadable`, also for a folder, and with
 * `kubeconfig-unsupported` for anything else that is no file: a rename must not replace `/dev/null`.
 */
export async function snapshot(file: string): Promise<Snapshot> {
  let handle: FileHandle | undefined;
  try {
    const kind = await stat(file);
    if (kind.isDirectory()) {
      throw new AppError('kubeconfig-unreadable', `${file} is a folder, and kubectl reads only files.`, {
        hint: `Name a file in KUBECONFIG: ${path.join(file, 'config')}, for example.`,
      });
    }
    if (!kind.isFile()) {
      throw new AppError('kubeconfig-unsupported', `${file} is a device or a pipe, which cannot be edited.`, {
        hint: 'Name a file in KUBECONFIG.',
      });
    }
    handle = await whileBusy('read', () => open(file, 'r'));
    const bytes = await readAll(handle, kind.size);
    return { bytes, status: statusOf(await handle.stat()) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (errnoOf(cause) === 'ENOENT') return { bytes: Buffer.alloc(0), status: undefined };
    throw unreadable(file, cause);
  } finally {
    const closed = handle?.close().catch(() => {});
    // Windows replaces no file that is open. Elsewhere nobody has to wait.
    if (process.platform === 'win32') await closed;
  }
}

/** Reads a file of about that size with one call, if that is its size. */
async function readAll(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size + 1);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  // There may be more, or a file system may give less at once.
  return bytesRead === size ? buffer.subarray(0, size) : readFile(handle);
}

function statusOf({ dev, ino, mode, uid, gid, nlink, size, mtimeMs, ctimeMs }: Stats): Status {
  return { dev, ino, mode: mode & 0o7777, uid, gid, links: nlink, size, mtimeMs, ctimeMs };
}

/** Returns true if two snapshots show the same file with the same bytes. */
export function isSame(a: Snapshot, b: Snapshot): boolean {
  return a.status?.dev === b.status?.dev && a.status?.ino === b.status?.ino && a.bytes.equals(b.bytes);
}

/** A file name may have 255 bytes, and the rest of a temporary file's has 26. */
const longestBase = 220;

/** Returns the name of a temporary file beside `file`. Record it before creating the file. */
export function temporaryFor(file: string): string {
  return path.join(
    path.dirname(file),
    `.${shortened(path.basename(file), longestBase)}.k8s-tunnels-${randomBytes(6).toString('hex')}`,
  );
}

/** How a file is written: by renaming a temporary file, or in place. */
export type Way = 'rename' | 'in-place';

/** A file that is ready to take the place of another, and its status, which stays when it does. */
export interface Prepared {
  readonly way: Way;
  readonly status: Status;
  /** True if it has no extended attributes. */
  readonly isBare: boolean;
}

/** New content for the file that `old` shows. */
interface Replacement {
  readonly file: string;
  readonly old: Snapshot;
  readonly bytes: Uint8Array;
  readonly temporary: string;
}

/**
 * Does the slow part of a write, before the lock: creates a temporary file with the new bytes, the old mode, owner and
 * extended attributes (0600 if new), and flushes it. Chooses to write in place if a rename would change the file's
 * identity: hard links, another owner. The temporary file is then what a crash in between is finished with.
 * Rejects with `disk-full` or `kubeconfig-unwritable`. The caller removes the temporary file.
 */
export async function prepare(
  { file, old, bytes, temporary }: Replacement,
  attributes: Attributes,
): Promise<Prepared> {
  try {
    // A rename would replace a read-only file, which its owner does not want.
    if (old.status !== undefined) await access(file, constants.W_OK);
    const isOnlyName = (old.status?.links ?? 1) === 1;
    const like = old.status !== undefined && isOnlyName ? { file, status: old.status } : undefined;
    const { handle, copied, isBare } = await attributes.createLike(like, temporary);
    try {
      await handle.writeFile(bytes);
      const status = statusOf(await handle.stat());
      const owned = old.status === undefined || (await takeOver(handle, status, old.status));
      await flush(handle);
      await copied;
      return { way: owned && isOnlyName ? 'rename' : 'in-place', status, isBare };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Gives a new file the old one's owner and mode. Returns false if its owner cannot be set. */
async function takeOver(handle: FileHandle, made: Status, { uid, gid, mode }: Status): Promise<boolean> {
  try {
    if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
  } catch {
    return false;
  }
  if (made.mode !== mode) await handle.chmod(mode);
  return true;
}

/**
 * Does the quick part, under the lock: the rename. If the file turns out to be a mount, writes it in place, and restores
 * it if that fails. Calls `beforeInPlace` first. Rejects with `disk-full` or `kubeconfig-unwritable`. The old bytes are
 * then intact.
 */
export async function commit(
  { file, old, bytes, temporary }: Replacement,
  options: { readonly way: Way; readonly clock: Clock; readonly beforeInPlace: () => Promise<void> },
): Promise<Way> {
  try {
    if (options.way === 'rename' && (await renameOver(temporary, file, options.clock))) {
      return 'rename';
    }
    await options.beforeInPlace();
    await writeInPlace(file, old.bytes, bytes);
    return 'in-place';
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Removes a file that we created. Rejects with `kubeconfig-unwritable`. */
export async function removeFile(file: string): Promise<void> {
  await whileBusy('replace', () => unlink(file)).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
}

/** Under kubectl's lock, so for a shorter time than elsewhere: kubectl fails at once where it is taken. */
const busyLimitMs = 2_500;

/** Resolves with false if the file is a mount point, which no rename can replace. */
async function renameOver(from: string, to: string, clock: Clock): Promise<boolean> {
  try {
    await replaceFile(from, to, { sleep: (ms) => clock.sleep(ms), limitMs: busyLimitMs });
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (process.platform !== 'win32' && (errno === 'EBUSY' || errno === 'EXDEV')) return false;
    throw error;
  }
}

/** Writes a file in place. Restores the old bytes if that fails. Rejects with the system's error. */
export async function writeInPlace(file: string, old: Uint8Array, bytes: Uint8Array): Promise<void> {
  // The path is already resolved: a link that is there now was put there meanwhile.
  const handle = await open(file, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await overwrite(handle, bytes);
  } catch (error) {
    // The old bytes still have their blocks on the disk, so restoring them needs no space.
    await overwrite(handle, old);
    throw error;
  } finally {
    await handle.close();
  }
}

async function overwrite(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let position = 0;
  while (position < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, position, bytes.length - position, position);
    position += bytesWritten;
  }
  await handle.truncate(bytes.length);
  await flush(handle);
}

/**
 * Makes a rename in a folder survive a power failure. Needs no lock. Never rejects: the rename is done, and the failure to
 * make it last is not an error.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  await (handle && flush(handle).catch(() => {}));
  await handle?.close().catch(() => {});
}

/** Resolves with the status of a file that was prepared and is in place now. Undefined if another program has changed it. */
export async function statusInPlace(file: string, { status: made }: Prepared): Promise<Status | undefined> {
  const status = await stat(file).then(statusOf, () => undefined);
  const isOurs = status?.ino === made.ino && status.mtimeMs === made.mtimeMs && status.size === made.size;
  return isOurs ? status : undefined;
}

/** Returns true if a file is still the one in a snapshot, judged by its status alone. */
export async function isUntouched(file: string, known: Snapshot['status']): Promise<boolean> {
  const status = await stat(file).catch(ignoreMissing);
  return (
    status?.ino === known?.ino &&
    status?.mtimeMs === known?.mtimeMs &&
    status?.ctimeMs === known?.ctimeMs &&
    status?.size === known?.size
  );
}
