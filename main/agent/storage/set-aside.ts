import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../model/app-error.ts';

/** Of one file; of more, the oldest goes. */
const keptAtMost = 10;

/**
 * Renames a file that cannot be used to `<file>.<suffix>`, or to `<file>.<suffix>-2` and so on where that is taken:
 * nothing that was set aside before is overwritten. Returns the new path, or undefined where the file is gone or the
 * folder cannot be written; the file is then as it was. Synchronous, as it also happens before the settings are open.
 */
export function setAside(file: string, suffix = 'unreadable'): string | undefined {
  for (let number = 1; number <= 1_000; number += 1) {
    const aside = `${file}.${suffix}${number === 1 ? '' : `-${number}`}`;
    let isOurs = false;
    try {
      // Whoever creates the name has it: a rename alone would overwrite what another program put there meanwhile.
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

/** What was set aside of a file, the newest first. */
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
