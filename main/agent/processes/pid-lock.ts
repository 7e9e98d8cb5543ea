import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { errnoOf } from '../app-error.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { isSameProcess, processStart } from './process-start.ts';

/**
 * A lock file that names its owner, `{"pid","start_time"}`, in the form that cloudflared writes and reads: so that
 * one left by a killed process can be told from one that is held.
 */

/**
 * True when the lock was taken, false when it exists. The folder must exist.
 * Rejects with `disk-full` or `file-unwritable`.
 */
export async function tryPidLock(file: string): Promise<boolean> {
  const body = { pid: process.pid, start_time: Math.round(processStart(process.pid) ?? 0) };
  try {
    await writeFile(file, `${JSON.stringify(body)}\n`, { flag: 'wx', mode: 0o600 });
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

/** Whether the owner is gone, or has held it for longer than `maxAgeMs`. */
export async function isPidLockStale(
  file: string,
  options: { readonly now: number; readonly maxAgeMs: number },
): Promise<boolean> {
  try {
    const age = options.now - (await stat(file)).mtimeMs;
    const text = await readFile(file, 'utf8');
    // Created but not yet written by a racer, unless it stays so.
    if (text === '') return age > 5_000;
    const content: unknown = JSON.parse(text);
    if (typeof content !== 'object' || content === null || !('pid' in content) || !('start_time' in content))
      return true;
    return !isSameProcess(Number(content.pid), Number(content.start_time)) || age > options.maxAgeMs;
  } catch (error) {
    // Gone by now: the next try will tell. Unparsable counts as stale, as it does for cloudflared.
    return error instanceof SyntaxError;
  }
}
