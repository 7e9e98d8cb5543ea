import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { accountName, isOurs } from '../storage/owner.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { isSameProcess, processStart } from './process-start.ts';

/**
 * A lock file that names its owner, `{"pid","start_time"}`, in cloudflared's format, so that a lock left by a killed
 * process can be distinguished from one that is held.
 */

/** Returns the content of this process's lock. */
export function pidLockBody(): string {
  const body = { pid: process.pid, start_time: Math.round(processStart(process.pid) ?? 0) };
  return `${JSON.stringify(body)}\n`;
}

/**
 * Resolves with true if the lock was taken, with false if it exists. The folder must exist.
 * Rejects with `disk-full` or `file-unwritable`.
 */
export async function tryPidLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, pidLockBody(), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // On a full disk the file was created, but is empty.
    await releasePidLock(file);
    throw unwritable(file, error);
  }
}

export async function releasePidLock(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

export type PidLock =
  | { readonly kind: 'read'; readonly pid: number; readonly start: number; readonly mtimeMs: number }
  /** Created, but not yet written. */
  | { readonly kind: 'empty'; readonly mtimeMs: number }
  | { readonly kind: 'unreadable' };

/** More than any lock contains. */
const maxBytes = 4_096;

/**
 * Returns the owner of a lock, or undefined if there is none. Throws `file-unwritable` for a link, a folder, a pipe or
 * a file of another account: no process of this account holds it, and it would never be released.
 */
export function readPidLock(file: string): PidLock | undefined {
  let descriptor: number;
  try {
    refuseForeign(file, lstatSync(file));
    descriptor = openSync(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    if (error instanceof AppError) throw error;
    // It is gone, or we may not read it: the next attempt will show.
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    refuseForeign(file, stats);
    const { size, mtimeMs } = stats;
    if (size === 0) return { kind: 'empty', mtimeMs };
    const content: unknown = size > maxBytes ? undefined : JSON.parse(readFileSync(descriptor, 'utf8'));
    if (typeof content !== 'object' || content === null || !('pid' in content) || !('start_time' in content))
      return { kind: 'unreadable' };
    return { kind: 'read', pid: Number(content.pid), start: Number(content.start_time), mtimeMs };
  } catch (error) {
    if (error instanceof AppError) throw error;
    return { kind: 'unreadable' };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Returns true if the owner has ended, or has held the lock for longer than `maxAgeMs`. An unparsable lock is stale, as
 * for cloudflared. Rejects with `file-unwritable` if it is not a lock of this account.
 */
export async function isPidLockStale(
  file: string,
  options: { readonly now: number; readonly maxAgeMs: number },
): Promise<boolean> {
  const lock = readPidLock(file);
  if (lock === undefined) return false;
  if (lock.kind === 'unreadable') return true;
  const age = options.now - lock.mtimeMs;
  // A concurrent process has created it but not written it yet, unless it stays empty.
  if (lock.kind === 'empty') return age > 5_000;
  return !isSameProcess(lock.pid, lock.start) || age > options.maxAgeMs;
}

function refuseForeign(file: string, stats: { readonly uid: number; isFile(): boolean }): void {
  const why = isOurs(stats)
    ? stats.isFile()
      ? undefined
      : 'is not a file'
    : `belongs to ${accountName(stats.uid)}`;
  if (why === undefined) return;
  throw new AppError('file-unwritable', `${file} ${why}, so it is not a lock that will be released.`, {
    hint: 'Remove it, or ask its owner to, and try again.',
  });
}
