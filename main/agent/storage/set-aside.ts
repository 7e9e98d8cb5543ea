import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../model/app-error.ts';

/** How many to keep of one file. The oldest is removed first. */
const keptAtMost = 10;

/**
 * Renames an unusable file to `<file>.<suffix>`, or to `<file>.<suffix>-2` and so on if that name is taken: files that
 * were set aside before are never overwritten. Returns the new path, or undefined if the file is gone or the folder is
 * not writable; the file is then unchanged. Synchronous, because it is also needed before the settings are open.
 */
export function setAside(file: string, suffix = 'unreadable'): string | undefined {
  for (let number = 1; number <= 1_000; number += 1) {
    const aside = `${file}.${suffix}${number === 1 ? '' : `-${number}`}`;
    let isOurs = false;
    try {
      // Reserve the name by creating it: a rename alone would overwrite what another program created meanwhile.
      closeSync(openSync(aside, 'wx', 0o600));
      isOurs = true;
      renameSync(file, aside);
      removeOldest(file, suffix);
      return aside;
    } catch (error) {
      if (isOurs) rmSync(aside, { force: true });
      if (errnoOf(error) !== 'EEXIST') return undefined;
    }
  }
  return undefined;
}

/** Returns the files that were set aside for a file, the newest first. */
export function asidesOf(file: string, suffix = 'unreadable'): readonly string[] {
  const beginning = `${path.basename(file)}.${suffix}`;
  return namesIn(path.dirname(file))
    .filter((name) => name.startsWith(beginning) && /^(?:-\d+)?$/.test(name.slice(beginning.length)))
    .map((name) => path.join(path.dirname(file), name))
    .map((aside) => ({ aside, at: writtenAt(aside) }))
    .sort((a, b) => b.at - a.at)
    .map(({ aside }) => aside);
}

function removeOldest(file: string, suffix: string): void {
  for (const aside of asidesOf(file, suffix).slice(keptAtMost)) rmSync(aside, { force: true });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function writtenAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
