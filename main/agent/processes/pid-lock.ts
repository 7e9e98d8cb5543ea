import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { accountName, isOurs } from '../storage/owner.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { isSameProcess, processStart } from './process-start.ts';

/**
 * A lock file that names its owner, `{"pid","start_time"}`, in the form that cloudflared writes and reads: so that
 * one left by a killed process can be told from one that is held.
 */

/** What a lock of this process holds. */
export function pidLockBody(): string {
  const body = { pid: process.pid, start_time: Math.round(processStart(process.pid) ?? 0) };
  return `${JSON.stringify(body)}\n`;
}

/**
 * True when the lock was taken, false when it exists. The folder must exist.
 * Rejects with `disk-full` or `file-unwritable`.
 */
export async function tryPidLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, pidLockBody(), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // On a full disk the file was made, but nothing is in it.
    await releasePidLock(file);
    throw unwritable(file, error);
  }
}

export async function releasePidLock(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

export type PidLock =
  | { readonly kind: 'read'; readonly pid: number; readonly start: number; readonly mtimeMs: number }
  /** Made, and not yet written. */
  | { readonly kind: 'empty'; readonly mtimeMs: number }
  | { readonly kind: 'unreadable' };

/** More than any lock holds. */
const maxBytes = 4_096;

/**
 * What a lock names, or undefined where there is none. Throws `file-unwritable` for a link, a folder, a pipe or a file of
 * another account: nobody of this account holds that, and it would never be released.
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
    // Gone, or not ours to read: the next try will tell.
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
 * Whether the owner is gone, or has held it for longer than `maxAgeMs`. Unparsable counts as stale, as it does for
 * cloudflared. Rejects with `file-unwritable` for what is no lock of this account.
 */
export async function isPidLockStale(
  file: string,
  options: { readonly now: number; readonly maxAgeMs: number },
): Promise<boolean> {
  const lock = readPidLock(file);
  if (lock === undefined) return false;
  if (lock.kind === 'unreadable') return true;
  const age = options.now - lock.mtimeMs;
  // Created but not yet written by a racer, unless it stays so.
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
    hint: 'Remove it (`rm`), or ask its owner to, and try again.',
  });
}
