import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';

/** How a caller's environment names its kubeconfig. */
export interface KubeconfigPlace {
  /** The value of KUBECONFIG. */
  readonly kubeconfig: string | undefined;
  /** What relative entries of it resolve against. */
  readonly cwd: string;
  readonly home: string;
}

/** One file of the list. */
export interface KubeconfigFile {
  /** The absolute path as the caller names it: where kubectl puts its lock. */
  readonly given: string;
  /** Behind all symbolic links; the last link's target when that does not exist. */
  readonly real: string;
  readonly exists: boolean;
  /** Not a device or a pipe, such as `/dev/null` or a shell's `<(…)`, which hold nothing of ours. */
  readonly isReadable: boolean;
}

/** The files of a place in kubectl's order. */
export interface KubeconfigFiles {
  readonly all: readonly KubeconfigFile[];
  /** Where kubectl puts new stanzas and current-context: the first that exists, else the last. */
  readonly target: KubeconfigFile;
  readonly warnings: readonly string[];
}

/**
 * Resolves KUBECONFIG as client-go does, `~/.kube/config` when it is unset or empty. Entries that are empty are
 * skipped, files named twice (also through links or `./`) count once.
 * Rejects with `bad-input` when KUBECONFIG holds separators only, `kubeconfig-unreadable` when a path leads nowhere.
 */
export async function resolveFiles(place: KubeconfigPlace): Promise<KubeconfigFiles> {
  const list = place.kubeconfig ?? '';
  const named = list === '' ? [path.join(place.home, '.kube', 'config')] : list.split(path.delimiter);
  const warnings: string[] = [];
  const all: KubeconfigFile[] = [];
  for (const name of named) {
    if (name === '') {
      warnings.push('KUBECONFIG holds an empty entry, which is skipped.');
      continue;
    }
    const given = path.resolve(place.cwd, name);
    const file = { given, ...(await followLinks(given)) };
    const same = all.find(({ real }) => real === file.real);
    if (same === undefined) all.push(file);
    else warnings.push(`KUBECONFIG names one file twice: ${name} is ${same.given}.`);
  }
  const target = all.find(({ exists }) => exists) ?? all.at(-1);
  if (target === undefined) {
    throw new AppError('bad-input', 'KUBECONFIG names no file.', {
      hint: 'Unset KUBECONFIG, or set it to the path of a file.',
    });
  }
  return { all, target, warnings };
}

/** As many links as Linux follows. */
const linkLimit = 40;

/** Follows links by hand: `realpath` fails on one that dangles, whose target we may have to create. */
async function followLinks(given: string): Promise<Omit<KubeconfigFile, 'given'>> {
  let real = given;
  try {
    for (let links = 0; links < linkLimit; links += 1) {
      real = path.join(await realFolder(path.dirname(real)), path.basename(real));
      const status = await lstat(real).catch(ignoreMissing);
      if (status === undefined) return { real, exists: false, isReadable: false };
      if (!status.isSymbolicLink()) {
        return { real, exists: true, isReadable: status.isFile() || status.isDirectory() };
      }
      real = path.resolve(path.dirname(real), await readlink(real));
    }
  } catch (cause) {
    throw unreadable(given, errnoOf(cause) ?? 'unknown error', cause);
  }
  throw unreadable(given, 'its symbolic links form a loop');
}

/** The real path of a folder of which the last parts may not exist yet. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    return path.join(await realFolder(parent), path.basename(folder));
  }
}

/** Folders above a file that do not exist, the outermost first. */
export async function missingFolders(file: string): Promise<readonly string[]> {
  const folder = path.dirname(file);
  if ((await stat(folder).catch(ignoreMissing)) !== undefined || folder === file) return [];
  return [...(await missingFolders(folder)), folder];
}

/** kubectl's locks for a file: beside the path as given and beside the real one, sorted as client-go sorts them. */
export async function lockPaths(file: Pick<KubeconfigFile, 'given' | 'real'>): Promise<readonly string[]> {
  const paths = [file.given, file.real].map(async (name) =>
    // Through a linked folder both are the same lock, which must not be waited for twice.
    path.join(await realFolder(path.dirname(name)), `${path.basename(name)}.lock`),
  );
  return [...new Set(await Promise.all(paths))].toSorted();
}

export function unreadable(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('kubeconfig-unreadable', `${file} could not be read (${reason}).`, {
    hint: 'Check KUBECONFIG, and that you own the file and may read it.',
    cause,
  });
}

export function ignoreMissing(error: unknown): undefined {
  const errno = errnoOf(error);
  if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error;
}
