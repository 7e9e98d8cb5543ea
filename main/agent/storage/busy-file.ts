import { readFile, rename as renameFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf } from '../../model/app-error.ts';

/**
 * How Windows refuses an operation on a file that another program has open: a virus scanner, an indexer, an editor, or
 * a reader of ours. It tells a sharing violation (EBUSY) from a missing permission when a file is opened, but not when
 * it is renamed or removed. https://learn.microsoft.com/windows/win32/fileio/creating-and-opening-files
 */
const refusals = {
  /** A reader waits for a shorter time: a command that only shows something waits with it. */
  read: { codes: ['EBUSY'], limitMs: 3_000 },
  replace: { codes: ['EBUSY', 'EPERM', 'EACCES'], limitMs: 10_000 },
} as const;

/** How to wait for a file that another program has open. Tests replace parts of it. */
export interface Patience {
  readonly platform?: NodeJS.Platform;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** The longest total wait, ms. */
  readonly limitMs?: number;
}

const longestStepMs = 320;

/**
 * Runs `work`, and on Windows runs it again while it is refused because another program has the file open: to read it
 * for three seconds, to replace or remove it for ten, unless `limitMs` is given. Rejects with the last error of `work`.
 * On other systems an open file refuses nothing.
 */
export async function whileBusy<T>(
  use: keyof typeof refusals,
  work: () => Promise<T>,
  { platform = process.platform, sleep = pause, limitMs = refusals[use].limitMs }: Patience = {},
): Promise<T> {
  const codes: readonly string[] = platform === 'win32' ? refusals[use].codes : [];
  let step = 10;
  for (let waited = 0; ; waited += step, step = Math.min(step * 2, longestStepMs)) {
    try {
      return await work();
    } catch (error) {
      if (waited >= limitMs || !codes.includes(errnoOf(error) ?? '')) throw error;
    }
    await sleep(step);
  }
}

/** Renames a file over another one, which readers then see whole. Waits as `whileBusy` does. */
export function replaceFile(
  from: string,
  to: string,
  { rename = renameFile, ...patience }: Patience & { readonly rename?: typeof renameFile } = {},
): Promise<void> {
  return whileBusy('replace', () => rename(from, to), patience);
}

/** Reads a text of ours. Waits as `whileBusy` does. */
export function readText(file: string, patience?: Patience): Promise<string> {
  return whileBusy('read', () => readFile(file, 'utf8'), patience);
}

/** Returns true if Windows refused an operation because another program has the file open, as far as it says so. */
export function isBusy(cause: unknown, platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'win32') return false;
  const errno = errnoOf(cause);
  const syscall = cause instanceof Error && 'syscall' in cause ? cause.syscall : undefined;
  return (
    errno === 'EBUSY' ||
    ((errno === 'EPERM' || errno === 'EACCES') && (syscall === 'rename' || syscall === 'unlink'))
  );
}

/** Advises the user of a file that another program has open. */
export const busyHint = 'Close the program that has it open (an editor, a virus scanner) and try again.';
