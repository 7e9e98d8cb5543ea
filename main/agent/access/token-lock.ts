import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../parts.ts';
import { isPidLockStale, readPidLock, releasePidLock, tryPidLock } from '../processes/pid-lock.ts';
import { unwritable } from '../storage/write-file-atomic.ts';

const retryMs = 2_000;
const staleAfterMs = 10 * 60_000;
/** A program that has just logged in may still hold it for a moment. */
const patienceMs = 5_000;

/**
 * Takes cloudflared's lock beside a token file (`token/token.go`): `<file>.lock`, created with O_EXCL, containing
 * `{"pid","start_time"}`. It is held during a browser login, so that cloudflared and this program never open two tabs.
 * cloudflared keeps its lock after the login until it exits, so `satisfied` is checked at each attempt: once the token
 * is there, nobody needs the lock.
 * Calls `onWait` once, with a sentence that names who holds it, after five seconds.
 * Resolves with the release function, or with undefined if `satisfied` became true first. Rejects when the signal
 * aborts, and with `disk-full` or `file-unwritable`.
 */
export async function lockToken(options: {
  readonly file: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly satisfied: () => Promise<boolean>;
  readonly onWait?: (holder: string) => void;
}): Promise<(() => Promise<void>) | undefined> {
  const { file, clock, signal, satisfied, onWait } = options;
  const since = clock.now();
  let isReported = false;
  const lock = `${file}.lock`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unwritable(lock, cause);
  });
  for (;;) {
    signal.throwIfAborted();
    if (await tryPidLock(lock)) return () => releasePidLock(lock);
    if (await satisfied()) return undefined;
    if (await isPidLockStale(lock, { now: clock.now(), maxAgeMs: staleAfterMs })) {
      await releasePidLock(lock);
      continue;
    }
    const owner = readPidLock(lock);
    if (!isReported && clock.now() - since >= patienceMs && owner?.kind === 'read') {
      isReported = true;
      onWait?.(`Process ${owner.pid} (cloudflared or another agent) holds ${lock}`);
    }
    await clock.sleep(retryMs, signal);
  }
}
