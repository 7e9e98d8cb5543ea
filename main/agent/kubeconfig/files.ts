import { lstat, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { busyHint, isBusy } from '../storage/busy-file.ts';
import { nameOnDisk, pathKey, realPath } from '../storage/path-spelling.ts';

/** What names a caller's kubeconfig, in its environment or in the settings. */
export interface KubeconfigSource {
  /** The value of KUBECONFIG. */
  readonly kubeconfig: string | undefined;
  /** The folder against which its relative entries are resolved. */
  readonly cwd: string;
  readonly home: string;
}

/** A file of the KUBECONFIG list. */
export interface KubeconfigFile {
  /** The absolute path as the caller names it: kubectl puts its lock beside it. */
  readonly given: string;
  /** The path after all symbolic links, as the disk spells it. The last link's target if that does not exist. */
  readonly real: string;
  readonly exists: boolean;
  /** False for a device or a pipe, such as `/dev/null` or a shell's `<(…)`, which contain no entries of ours. */
  readonly isReadable: boolean;
}

/** The files of KUBECONFIG in kubectl's order. */
export interface KubeconfigFiles {
  readonly all: readonly KubeconfigFile[];
  /** The file to which kubectl adds stanzas and current-context: the first that exists, else the last. */
  readonly target: KubeconfigFile;
  readonly warnings: readonly string[];
}

/** What a shell replaces in a path, and what a user who copies one may bring along. */
const unexpanded: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^~/, 'a ~ that no shell has replaced'],
  [/^["']|["']$/, 'quotes of its own'],
  [/\$\{?\w+|%\w+%/, 'a variable that no shell has replaced'],
  [/\p{Cf}|^\s|\s$/u, 'a space or an invisible character'],
];

/**
 * Returns the file to which kubectl adds stanzas. Throws `bad-input` if it does not exist and its name is one that nobody
 * means: kubectl would make a folder named ~ in the current one, and find it nowhere else.
 */
export function targetOf(
  { target }: Pick<KubeconfigFiles, 'target'>,
  source: KubeconfigSource,
): KubeconfigFile {
  const mistake = target.exists ? undefined : mistakeIn(source, target.given);
  if (mistake === undefined) return target;
  throw new AppError('bad-input', `${mistake} Nothing was written.`, {
    hint: `Write the whole path where KUBECONFIG is set, without quotes: ${path.join(source.home, '.kube', 'config')}.`,
  });
}

function mistakeIn(source: KubeconfigSource, given: string): string | undefined {
  for (const name of (source.kubeconfig ?? '').split(path.delimiter)) {
    if (name === '' || path.resolve(source.cwd, name) !== given) continue;
    const [, what] = unexpanded.find(([pattern]) => pattern.test(name)) ?? [];
    if (what !== undefined)
      return `KUBECONFIG names a file that does not exist, ${visible(name)}, with ${what}.`;
  }
  return undefined;
}

/** Shows characters that have no form as their code point. */
function visible(name: string): string {
  return name.replace(/\p{Cf}/gu, (char) => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}>`);
}

/**
 * Resolves KUBECONFIG as client-go does, or `~/.kube/config` if it is unset or empty. Skips empty entries, and counts a
 * file that is named twice (also through links, `./` or in another case on Windows and macOS) once.
 * Rejects with `bad-input` if KUBECONFIG contains only separators, with `kubeconfig-unreadable` if a path cannot be
 * resolved.
 */
export async function resolveFiles(source: KubeconfigSource): Promise<KubeconfigFiles> {
  const list = source.kubeconfig ?? '';
  const named = list === '' ? [path.join(source.home, '.kube', 'config')] : list.split(path.delimiter);
  const warnings: string[] = [];
  const all: KubeconfigFile[] = [];
  for (const name of named) {
    if (name === '') {
      warnings.push('KUBECONFIG holds an empty entry, which is skipped.');
      continue;
    }
    const given = path.resolve(source.cwd, name);
    const file = { given, ...(await followLinks(given)) };
    const same = all.find(({ real }) => pathKey(real) === pathKey(file.real));
    if (same === undefined) all.push(file);
    else warnings.push(`KUBECONFIG names one file twice: ${name} is ${same.given}.`);
  }
  for (const { given } of all.filter(({ exists }) => !exists)) {
    const mistake = mistakeIn(source, given);
    if (mistake !== undefined) warnings.push(mistake);
  }
  const target = all.find(({ exists }) => exists) ?? all.at(-1);
  if (target === undefined) {
    throw new AppError('bad-input', 'KUBECONFIG names no file.', {
      hint: 'Unset KUBECONFIG, or set it to the path of a file.',
    });
  }
  return { all, target, warnings };
}

/** As many symbolic links as Linux follows. */
const linkLimit = 40;

/** Follows links one by one: `realpath` fails on a dangling link, whose target we may have to create. */
async function followLinks(given: string): Promise<Omit<KubeconfigFile, 'given'>> {
  let real = given;
  try {
    for (let links = 0; links < linkLimit; links += 1) {
      const folder = await realFolder(path.dirname(real));
      real = path.join(folder, await nameOnDisk(folder, path.basename(real)));
      const status = await lstat(real).catch(ignoreMissing);
      if (status === undefined) return { real, exists: false, isReadable: false };
      if (!status.isSymbolicLink()) {
        return { real, exists: true, isReadable: status.isFile() || status.isDirectory() };
      }
      real = path.resolve(path.dirname(real), await readlink(real));
    }
  } catch (cause) {
    throw unreadable(given, cause);
  }
  throw unreadable(given, undefined, { reason: 'its symbolic links form a loop' });
}

/** Resolves the real path of a folder whose last parts may not exist yet. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realPath(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    return path.join(await realFolder(parent), path.basename(folder));
  }
}

/** Resolves with the folders above a file that do not exist, the outermost first. */
export async function missingFolders(file: string): Promise<readonly string[]> {
  const folder = path.dirname(file);
  if ((await stat(folder).catch(ignoreMissing)) !== undefined || folder === file) return [];
  return [...(await missingFolders(folder)), folder];
}

/**
 * Returns kubectl's locks for a file: beside the path as given and beside the real one, sorted as client-go sorts them.
 */
export async function lockPaths(file: Pick<KubeconfigFile, 'given' | 'real'>): Promise<readonly string[]> {
  const paths = [file.given, file.real].map(async (name) =>
    // Through a linked folder both are the same lock, which must be taken only once.
    path.join(await realFolder(path.dirname(name)), `${path.basename(name)}.lock`),
  );
  // So are both where the file is named in another case on Windows or macOS.
  const byKey = new Map((await Promise.all(paths)).map((lock) => [pathKey(lock), lock]));
  return [...byKey.values()].toSorted();
}

/** Creates the error for a kubeconfig that could not be read. `reason` is the errno unless given. */
export function unreadable(
  file: string,
  cause: unknown,
  options: { readonly reason?: string; readonly platform?: NodeJS.Platform } = {},
): AppError {
  const { reason = errnoOf(cause) ?? 'unknown error', platform } = options;
  if (isBusy(cause, platform)) {
    return new AppError(
      'kubeconfig-unreadable',
      `${file} could not be read: another program has it open (${reason}).`,
      { hint: busyHint, retryable: true, cause },
    );
  }
  return new AppError('kubeconfig-unreadable', `${file} could not be read (${reason}).`, {
    hint: 'Check KUBECONFIG, and that you own the file and may read it.',
    cause,
  });
}

export function ignoreMissing(error: unknown): undefined {
  const errno = errnoOf(error);
  if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error;
}
