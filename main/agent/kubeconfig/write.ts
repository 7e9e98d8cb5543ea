import { randomBytes } from 'node:crypto';
import { access, constants, type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../app-error.ts';
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

/** Reads a file and its status through one handle. Rejects with `kubeconfig-unreadable`. */
export async function snapshot(file: string): Promise<Snapshot> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const bytes = await handle.readFile();
    const { dev, ino, mode, uid, gid, nlink, size, mtimeMs } = await handle.stat();
    return { bytes, status: { dev, ino, mode: mode & 0o7777, uid, gid, links: nlink, size, mtimeMs } };
  } catch (cause) {
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

/** How a file was written. */
export type Written = 'renamed' | 'in-place';

/**
 * Writes `bytes` over the file that `old` shows: a temporary file with the old mode and owner (0600 when new),
 * flushed, then renamed. Where a rename would break the file's identity (hard links, another owner) or is not
 * possible (bind mount: EBUSY), the file is written in place and put back if that fails.
 * Rejects with `disk-full` or `kubeconfig-unwritable`; the old bytes are then intact and no temporary file is left.
 */
export async function replaceFile(options: {
  readonly file: string;
  readonly old: Snapshot;
  readonly bytes: Uint8Array;
  readonly temporary: string;
  readonly clock: Clock;
}): Promise<Written> {
  const { file, old, bytes, temporary, clock } = options;
  try {
    // A rename would get past a file that is read-only; its owner meant it.
    if (old.status !== undefined) await access(file, constants.W_OK);
    if ((old.status?.links ?? 1) > 1) return await writeInPlace(file, old, bytes);
    const handle = await open(temporary, 'wx', 0o600);
    let owned = true;
    try {
      await handle.writeFile(bytes);
      if (old.status !== undefined) {
        const { mode, uid, gid } = old.status;
        const made = await handle.stat();
        if (made.uid !== uid || made.gid !== gid) {
          owned = await handle.chown(uid, gid).then(
            () => true,
            () => false,
          );
        }
        await handle.chmod(mode);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (owned && (await renameOver(temporary, file, clock))) {
      await syncFolder(path.dirname(file));
      return 'renamed';
    }
    return await writeInPlace(file, old, bytes);
  } catch (cause) {
    throw cause instanceof AppError ? cause : unwritable(file, cause);
  } finally {
    await unlink(temporary).catch(() => {});
  }
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

async function writeInPlace(file: string, old: Snapshot, bytes: Uint8Array): Promise<Written> {
  const handle = await open(file, 'r+');
  try {
    await overwrite(handle, bytes);
  } catch (error) {
    // The old bytes have their blocks on the disk already, so putting them back needs no space.
    await overwrite(handle, old.bytes);
    throw error;
  } finally {
    await handle.close();
  }
  return 'in-place';
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
