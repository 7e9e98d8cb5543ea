import { lstat, unlink } from 'node:fs/promises';
import { z } from 'zod';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import { duration } from '../../model/wording.ts';
import type { Clock } from '../parts.ts';
import { createLockLink, readLock, removeUnheld } from '../processes/lock-file.ts';
import { isSameProcess, processStart } from '../processes/process-start.ts';
import { busyHint, isBusy } from '../storage/busy-file.ts';
import { accountName, isOurs } from '../storage/owner.ts';
import { ignoreMissing } from './files.ts';

/** kubectl holds its lock for milliseconds. One this old was left by a kubectl that was killed. */
const abandonedAfterMs = 60_000;

const bodySchema = z.object({ app: z.literal('k8s-tunnels'), pid: z.number(), startTime: z.number() });

/**
 * Runs `work` while holding kubectl's locks (client-go: `O_CREAT|O_EXCL` on `<file>.lock`, one attempt, so keep it
 * short). `locks` must be sorted. Retries a lock that is held every 5 to 30 ms.
 * Rejects with `kubeconfig-locked` after `timeoutMs`, or at once if another program's lock is older than a minute.
 * Breaks only a lock of ours whose process has ended. Rejects with `kubeconfig-unwritable` or `disk-full` if the lock
 * cannot be created.
 */
export async function withLocks<T>(
  options: { readonly locks: readonly string[]; readonly clock: Clock; readonly timeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const held: (() => Promise<void>)[] = [];
  try {
    const deadline = options.clock.now() + options.timeoutMs;
    for (const lock of options.locks) {
      await until({ ...options, lock, deadline }, async () => {
        const release = await tryLock(lock);
        if (release !== undefined) held.push(release);
        return release !== undefined;
      });
    }
    return await work();
  } finally {
    for (const release of held.toReversed()) await release();
  }
}

/** Resolves when no other process holds one of the locks. Rejects as `withLocks` does. */
export async function waitForLocks(options: {
  readonly locks: readonly string[];
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Promise<boolean> {
  let waited = false;
  const deadline = options.clock.now() + options.timeoutMs;
  for (const lock of options.locks) {
    await until({ ...options, lock, deadline }, async () => {
      const free = (await lstat(lock).catch(ignoreMissing)) === undefined;
      waited ||= !free;
      return free;
    });
  }
  return waited;
}

async function until(
  options: { readonly lock: string; readonly clock: Clock; readonly deadline: number },
  attempt: () => Promise<boolean>,
): Promise<void> {
  const { lock, clock, deadline } = options;
  while (!(await attempt())) {
    if (await breakOwn(lock)) continue;
    const status = await lstat(lock).catch(ignoreMissing);
    if (status === undefined) continue;
    // A file's age is measured by the system's clock, whatever clock was passed in.
    const ageMs = Date.now() - status.mtimeMs;
    if (clock.now() >= deadline || ageMs > abandonedAfterMs) throw locked(await holderOf(lock, status));
    await clock.sleep(5 + Math.random() * 25);
  }
}

/** Resolves with the function that releases the lock, or with undefined if another process holds it. */
async function tryLock(lock: string): Promise<(() => Promise<void>) | undefined> {
  const startTime = processStart(process.pid) ?? Date.now();
  try {
    return await createLockLink(lock, JSON.stringify({ app: 'k8s-tunnels', pid: process.pid, startTime }));
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return undefined;
    throw unwritable(lock, cause);
  }
}

/** Removes a lock that an earlier process of ours left. Resolves with true if it did. */
export async function breakOwn(lock: string): Promise<boolean> {
  const body = await bodyOf(lock);
  if (body === undefined) return false;
  const isGone = removeUnheld(lock);
  if (isGone !== undefined) return isGone;
  if (isSameProcess(body.pid, body.startTime)) return false;
  await unlink(lock).catch(ignoreMissing);
  return true;
}

async function bodyOf(lock: string): Promise<z.infer<typeof bodySchema> | undefined> {
  const text = await readLock(lock);
  try {
    return text === undefined ? undefined : bodySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A lock that exists: who holds it, as far as it can be known, and for how long. */
interface Holder {
  readonly lock: string;
  readonly ageMs: number;
  readonly who: string;
}

async function holderOf(
  lock: string,
  { mtimeMs, uid }: { readonly mtimeMs: number; readonly uid: number },
): Promise<Holder> {
  const body = await bodyOf(lock);
  const of = isOurs({ uid }) ? '' : ` of ${accountName(uid)}`;
  const who = body === undefined ? `another program${of}` : `k8s-tunnels${of} (process ${body.pid})`;
  return { lock, ageMs: Math.max(0, Date.now() - mtimeMs), who };
}

/**
 * Resolves with the error of a lock that was left by a program that ended, as far as its age shows. A lock of ours whose
 * process has ended is removed instead.
 */
export async function abandonedLock(locks: readonly string[]): Promise<AppError | undefined> {
  for (const lock of locks) {
    const status = await lstat(lock).catch(() => undefined);
    if (status === undefined || Date.now() - status.mtimeMs <= abandonedAfterMs) continue;
    if (!(await breakOwn(lock))) return locked(await holderOf(lock, status));
  }
  return undefined;
}

/** A lock beside a kubeconfig, as it is now. */
export interface LockState extends Holder {
  /** `ended`: it is ours, and its process has ended. `other`: of another program, which does not say which one. */
  readonly owner: 'running' | 'ended' | 'other';
  readonly isAbandoned: boolean;
}

/** Resolves with the locks that exist. Removes none, unlike `abandonedLock`. Never rejects. */
export async function existingLocks(locks: readonly string[]): Promise<readonly LockState[]> {
  const states = locks.map(async (lock): Promise<LockState | undefined> => {
    const status = await lstat(lock).catch(() => undefined);
    if (status === undefined) return undefined;
    const [holder, body] = await Promise.all([holderOf(lock, status), bodyOf(lock)]);
    const owner =
      body === undefined ? 'other' : isSameProcess(body.pid, body.startTime) ? 'running' : 'ended';
    return { ...holder, owner, isAbandoned: holder.ageMs > abandonedAfterMs };
  });
  return (await Promise.all(states)).filter((state) => state !== undefined);
}

function locked({ lock, ageMs, who }: Holder): AppError {
  const abandoned = ageMs > abandonedAfterMs;
  return new AppError(
    'kubeconfig-locked',
    `${lock} has been held by ${who} for ${ageText(ageMs)}, so the kubeconfig is not written.`,
    {
      hint: abandoned
        ? `A kubectl that was killed does not remove its lock. If no kubectl is running, remove ${lock} and try again: ${command`rm ${lock}`}`
        : 'Wait until the other program is done and try again.',
      retryable: !abandoned,
    },
  );
}

function ageText(ms: number): string {
  return ms < 10 * 60_000 ? `${Math.round(ms / 1000)} s` : duration(ms);
}

/** Converts a failed write into an error that names the path. */
export function unwritable(file: string, cause: unknown, platform?: NodeJS.Platform): AppError {
  const errno = errnoOf(cause);
  if (isBusy(cause, platform)) {
    return new AppError(
      'kubeconfig-unwritable',
      `${file} was not written: another program has it open (${errno}).`,
      { hint: busyHint, retryable: true, cause },
    );
  }
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new AppError('disk-full', `The disk is full: ${file} was not written and nothing was changed.`, {
      hint: 'Free some space and try again.',
      retryable: true,
      cause,
    });
  }
  return new AppError(
    'kubeconfig-unwritable',
    `${file} could not be written (${errno ?? 'unknown error'}).`,
    {
      hint: 'Check that you own the file and its folder and may write to both, or name another file in KUBECONFIG.',
      cause,
    },
  );
}
