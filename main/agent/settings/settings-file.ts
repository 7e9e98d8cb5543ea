import { copyFileSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../app-error.ts';

const fileIn = (folder: string) => path.join(folder, 'settings.json');
const goodIn = (folder: string) => path.join(folder, 'settings.json.good');

/**
 * Before the settings are opened: a file that is no JSON (a full disk can leave a short one) is set aside as
 * `settings.json.unreadable`, and the last good one takes its place. Answers what to tell the person.
 */
export function mendSettingsFile(folder: string): string | undefined {
  const file = fileIn(folder);
  if (isReadable(file) !== false) return undefined;
  const aside = `${file}.unreadable`;
  renameSync(file, aside);
  const kept = `${file} could not be read and is kept as ${aside}.`;
  if (isReadable(goodIn(folder)) !== true) return `${kept} The settings are the usual ones now.`;
  copyFileSync(goodIn(folder), file);
  return `${kept} The settings are those that were good last.`;
}

/** What stands on disk is good: kept for `mendSettingsFile`. Best effort, as a disk that is full may stay so. */
export function keepGoodSettings(folder: string): void {
  try {
    if (isReadable(fileIn(folder)) === true) copyFileSync(fileIn(folder), goodIn(folder));
  } catch {
    // The copy before is as good as any.
  }
}

/** Undefined where there is none, or none that we may read: whoever opens it says so. */
function isReadable(file: string): boolean | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && !Array.isArray(content);
  } catch (error) {
    return errnoOf(error) === undefined ? false : undefined;
  }
}
