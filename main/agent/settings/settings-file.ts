import { constants, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../model/app-error.ts';
import { setAside } from '../storage/set-aside.ts';

/**
 * Parses a settings file. Windows editors write a byte order mark, which JSON does not allow. Throws what `JSON.parse`
 * throws.
 */
export function parseSettings(text: string): Record<string, unknown> {
  return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
}

const fileIn = (folder: string) => path.join(folder, 'settings.json');
const goodIn = (folder: string) => path.join(folder, 'settings.json.good');

/**
 * Repairs the settings file before it is opened: a file that is not JSON (a full disk can truncate it) is set aside as
 * `settings.json.unreadable` (`-2` and so on), and the last good one is restored. Returns the notice for the user.
 */
export function repairSettingsFile(folder: string): string | undefined {
  const file = fileIn(folder);
  convertUtf16(file);
  if (isReadable(file) !== false) return undefined;
  const aside = setAside(file);
  if (aside === undefined) return undefined;
  const kept = `${file} could not be read and was set aside as ${aside}.`;
  if (isReadable(goodIn(folder)) !== true) return `${kept} The default settings apply now.`;
  copyFileSync(goodIn(folder), file);
  return `${kept} The last good settings apply now.`;
}

/** Rewrites a file of Windows PowerShell's `>`, which is UTF-16. Leaves it as it is where it cannot be written. */
function convertUtf16(file: string): void {
  try {
    const bytes = readFileSync(file);
    if (bytes[0] === 0xff && bytes[1] === 0xfe) replace(file, bytes.subarray(2).toString('utf16le'));
  } catch {
    // There is no file, or opening it reports why it cannot be read.
  }
}

function replace(file: string, text: string): void {
  const temporary = `${file}.next`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

type Content = Readonly<Record<string, unknown>>;

/** The version of the file's format. A file without `version` has the first. */
export const settingsVersion = 1;
/** By version, converts a file to the next version: a setting that gets another name or meaning has a line here. */
const migrations: Readonly<Record<number, (content: Content) => Content>> = {};

/**
 * Migrates a file of an older version, after a copy as `settings.json.v1` and so on. Leaves one of a newer version as
 * it is and returns the notice for the user. Throws if the disk fails.
 */
export function migrateSettingsFile(
  folder: string,
  { to = settingsVersion, by = migrations } = {},
): string | undefined {
  const file = fileIn(folder);
  if (isReadable(file) !== true) return undefined;
  const content = parseSettings(readFileSync(file, 'utf8')) as Content;
  const from = versionOf(content);
  if (from > to)
    return `${file} is of a newer k8s-tunnels (version ${from}): settings that this version does not know are kept and ignored.`;
  if (from === to) return undefined;
  keepCopy(file, `${file}.v${from}`);
  let next = content;
  for (let version = from; version < to; version += 1) next = by[version]?.(next) ?? next;
  replace(file, `${JSON.stringify({ ...next, version: to }, undefined, '\t')}\n`);
  return undefined;
}

/** Never overwrites an older copy of the same version. */
function keepCopy(file: string, copy: string): void {
  for (let number = 1; number <= 100; number += 1) {
    const name = number === 1 ? copy : `${copy}-${number}`;
    try {
      copyFileSync(file, name, constants.COPYFILE_EXCL);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

export function versionOf({ version }: Content): number {
  return typeof version === 'number' ? version : 1;
}

/** Copies a good file for `repairSettingsFile`. Best effort: a full disk may stay full. */
export function keepGoodSettings(folder: string): void {
  try {
    if (isReadable(fileIn(folder)) === true) copyFileSync(fileIn(folder), goodIn(folder));
  } catch {
    // The previous copy is still good.
  }
}

/** Returns undefined if there is no file, or if it cannot be read: opening it reports that. */
function isReadable(file: string): boolean | undefined {
  try {
    const content: unknown = parseSettings(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && !Array.isArray(content);
  } catch (error) {
    return errnoOf(error) === undefined ? false : undefined;
  }
}
