import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';
import { unwritable } from '../storage/write-file-atomic.ts';
import { isPidLockStale, releasePidLock, tryPidLock } from './pid-lock.ts';

/** A request to a server may take 20 s. */
const staleAfterMs = 60_000;
const waitMs = 30_000;

/**
 * Runs `work` while this process holds the lock file, which other processes of this account wait for. A lock of a
 * process that has ended, or that is older than a minute, is broken. Rejects with `file-unwritable` or `disk-full` if
 * there can be no lock, with `timeout` after 30 s, or as `work` does.
 */
export async function withPidLock<T>(
  { file, clock }: { readonly file: string; readonly clock: Clock },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  const deadline = clock.now() + waitMs;
  while (!(await tryPidLock(file))) {
    // The age of a file is measured by the system's clock.
    if (await isPidLockStale(file, { now: Date.now(), maxAgeMs: staleAfterMs })) {
      await releasePidLock(file);
      continue;
    }
    if (clock.now() > deadline)
      throw new AppError('timeout', `Another process holds ${file} for longer than ${waitMs / 1_000} s.`, {
        hint: 'Try again; if it persists, remove that file.',
        retryable: true,
      });
    await clock.sleep(20 + Math.random() * 30);
  }
  try {
    return await work();
  } finally {
    await releasePidLock(file);
  }
}
