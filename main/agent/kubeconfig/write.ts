import { randomBytes } from 'node:crypto';
import { access, constants, type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { ignoreMissing, unreadable } from './files.ts';
import { unwritable } from './lock.ts';

/** A file at one moment. Missing: no bytes, no status. */
export interface Snapshot {
  readonly bytes: Buffer;
  readonly status:
    | {
        readonly dev: number;
        readonly ino: number;
        readonly mode: number;
        readonly uid: number;
        readonly gid: number;
        readonly links: number;
        readonly size: number;
        readonly mtimeMs: number;
      }
    | undefined;
}

/**
 * Reads a file and its status through one handle. Rejects with `kubeconfig-unreadable`, and with
 * `kubeconfig-unsupported` for what is neither a file nor a folder: `/dev/null` must not be renamed over.
 */
export async function snapshot(file: string): Promise<Snapshot> {
  let handle: FileHandle | undefined;
  try {
    const kind = await stat(file);
    if (!kind.isFile() && !kind.isDirectory()) {
      throw new AppError('kubeconfig-unsupported', `${file} is a device or a pipe, which cannot be edited.`, {
        hint: 'Name a file in KUBECONFIG.',
      });
    }
    handle = await open(file, 'r');
    const bytes = await handle.readFile();
    const { dev, ino, mode, uid, gid, nlink, size, mtimeMs } = await handle.stat();
    return { bytes, status: { dev, ino, mode: mode & 0o7777, uid, gid, links: nlink, size, mtimeMs } };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (errnoOf(cause) === 'ENOENT') return { bytes: Buffer.alloc(0), status: undefined };
    throw unreadable(file, errnoOf(cause) ?? 'unknown error', cause);
  } finally {
    await handle?.close();
  }
}

/** Whether two snapshots show one and the same file with the same bytes. */
export function isSame(a: Snapshot, b: Snapshot): boolean {
  return a.status?.dev === b.status?.dev && a.status?.ino === b.status?.ino && a.bytes.equals(b.bytes);
}

/** The name of a temporary file beside `file`, to be noted down before it is made. */
export function temporaryFor(file: string): string {
  return path.join(
    path.dirname(file),
    `.${path.basename(file)}.k8s-tunnels-${randomBytes(6).toString('hex')}`,
  );
}

/** How a file is written: by a temporary file that is ready to be renamed, or in place. */
export type Way = 'rename' | 'in-place';

/** One new content for the file that `old` shows. */
interface Replacement {
  readonly file: string;
  readonly old: Snapshot;
  readonly bytes: Uint8Array;
  readonly temporary: string;
}

/**
 * The slow half of a write, before the lock: a temporary file with the new bytes, the old mode and owner (0600 when
 * new), flushed. In place it must be where a rename would break the file's identity: hard links, another owner.
 * Rejects with `disk-full` or `kubeconfig-unwritable`. The caller removes the temporary file.
 */
export async function prepare({ file, old, bytes, temporary }: Replacement): Promise<Way> {
  try {
    // A rename would get past a file that is read-only; its owner meant it.
    if (old.status !== undefined) await access(file, constants.W_OK);
    if ((old.status?.links ?? 1) > 1) return 'in-place';
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      const owned = old.status === undefined || (await takeOver(handle, old.status));
      await handle.sync();
      return owned ? 'rename' : 'in-place';
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Gives a new file an old one's owner and mode; false when its owner cannot be given. */
async function takeOver(
  handle: FileHandle,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<boolean> {
  const made = await handle.stat();
  try {
    if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
  } catch {
    return false;
  }
  await handle.chmod(mode);
  return true;
}

/**
 * The quick half, under the lock: the rename. Where the file turns out to be a mount (EBUSY) it is written in place,
 * and put back if that fails. Rejects with `disk-full` or `kubeconfig-unwritable`; the old bytes are then intact.
 */
export async function commit(
  { file, old, bytes, temporary }: Replacement,
  options: { readonly way: Way; readonly clock: Clock },
): Promise<Way> {
  try {
    if (options.way === 'rename' && (await renameOver(temporary, file, options.clock))) {
      // The rename is done; that it outlives a power cut is not worth an error.
      await syncFolder(path.dirname(file)).catch(() => {});
      return 'rename';
    }
    await writeInPlace(file, old, bytes);
    return 'in-place';
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Removes a file that we made. Rejects with `kubeconfig-unwritable`. */
export async function removeFile(file: string): Promise<void> {
  await unlink(file).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
}

/** Windows refuses a rename while a virus scanner or an editor has the file open; it passes in moments. */
const windowsRetries = 12;

/** False when the file is a mount point, which no rename can replace. */
async function renameOver(from: string, to: string, clock: Clock): Promise<boolean> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await rename(from, to);
      return true;
    } catch (error) {
      const errno = errnoOf(error) ?? '';
      if (process.platform === 'win32') {
        if (attempt >= windowsRetries || !['EPERM', 'EACCES', 'EBUSY'].includes(errno)) throw error;
        await clock.sleep(10 * 2 ** Math.min(attempt, 5));
      } else if (errno === 'EBUSY') return false;
      else throw error;
    }
  }
}

async function writeInPlace(file: string, old: Snapshot, bytes: Uint8Array): Promise<void> {
  // The path is behind all links already: one that is there now was put there meanwhile.
  const handle = await open(file, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await overwrite(handle, bytes);
  } catch (error) {
    // The old bytes have their blocks on the disk already, so putting them back needs no space.
    await overwrite(handle, old.bytes);
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
  await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a file is still the one that a snapshot showed, told by its status alone. */
export async function isUntouched(file: string, known: Snapshot['status']): Promise<boolean> {
  const status = await stat(file).catch(ignoreMissing);
  return status?.ino === known?.ino && status?.mtimeMs === known?.mtimeMs && status?.size === known?.size;
}
