import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Environment } from '../parts.ts';
import { accountName, isOursOrRoot, isPrivateGroup, isWritableByOthers } from './owner.ts';

/** Why another account may control the target of a path, and how to fix it. */
export interface Distrust {
  /** The file, or the folder or link on its path. */
  readonly place: string;
  /** Follows the path in a sentence: `belongs to …`, `may be changed by …`. */
  readonly why: string;
  readonly fix: string;
}

export interface Walked {
  /** The path with its links resolved. */
  readonly file: string;
  readonly distrust: Distrust | undefined;
}

const maxLinks = 40;

/**
 * Follows a path as the system does and returns the first reason why another account controls its target, as OpenSSH's
 * StrictModes does for its keys (https://man.openbsd.org/sshd_config#StrictModes): every folder, every link and the
 * file itself must belong to the user or the administrator, and no other account may write to it, unless the folder is
 * sticky. With `groups: 'allowed'` a group may write: the group of /usr/local or of Homebrew is the administrators'.
 * Windows has no modes in `Stats`: there, paths below the user's profile or the system's folders are trusted.
 * Rejects with the system's own error.
 */
export async function walkTrusted(
  start: string,
  options: { readonly groups: 'allowed' | 'refused'; readonly env: Environment; readonly home: string },
): Promise<Walked> {
  const { groups, env, home } = options;
  const { root } = path.parse(path.resolve(start));
  let pending = parts(start, root);
  let at = root;
  let links = 0;
  let distrust = process.platform === 'win32' ? undefined : distrustOf(root, await lstat(root), groups);
  while (pending.length > 0) {
    const [next = '', ...rest] = pending;
    const place = path.join(at, next);
    const stats = await lstat(place);
    if (process.platform !== 'win32') distrust ??= distrustOf(place, stats, groups);
    if (stats.isSymbolicLink()) {
      links += 1;
      if (links > maxLinks) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
      pending = [...parts(path.resolve(at, await readlink(place)), root), ...rest];
      at = root;
    } else {
      pending = rest;
      at = place;
    }
  }
  if (process.platform === 'win32') distrust = windowsDistrust(at, [home, env.ProgramFiles, env.SystemRoot]);
  return { file: at, distrust };
}

function parts(place: string, root: string): string[] {
  return path.resolve(place).slice(root.length).split(path.sep).filter(Boolean);
}

function distrustOf(place: string, stats: Stats, groups: 'allowed' | 'refused'): Distrust | undefined {
  const { uid, gid, mode } = stats;
  if (!isOursOrRoot(stats)) {
    return {
      place,
      why: `belongs to ${accountName(uid)}`,
      fix: 'Keep a copy of your own, in a folder of your own',
    };
  }
  // A link has no mode of its own.
  if (stats.isSymbolicLink()) return undefined;
  if (!isWritableByOthers(stats, () => groups === 'allowed' || isPrivateGroup(gid))) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return {
    place,
    why: `may be changed by other accounts (mode ${octal})`,
    fix: `Check what it holds and run \`${command`chmod go-w ${place}`}\``,
  };
}

function windowsDistrust(place: string, folders: readonly (string | undefined)[]): Distrust | undefined {
  const within = (folder: string | undefined) => {
    const way = folder === undefined || folder === '' ? '..' : path.relative(folder, place);
    return way !== '' && !way.startsWith('..') && !path.isAbsolute(way);
  };
  if (folders.some(within)) return undefined;
  return {
    place,
    why: 'lies outside your profile, where other accounts may be able to change it',
    fix: `Move it below ${folders[0]}`,
  };
}

/** The size limit of a file that a user writes: 10,000 clusters with their CA certificates are some 20 MB. */
const maxBytes = 32 * 1024 * 1024;

/**
 * Reads the text of a regular file of at most 32 MB. Opening a pipe does not wait for its other end.
 * Rejects with `file-invalid`, or with the system's own error.
 */
export async function readBounded(
  file: string,
  flags = 0,
): Promise<{ readonly text: string; readonly stats: Stats }> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw invalid(file, 'is not a file');
    if (stats.size > maxBytes) throw invalid(file, 'is longer than 32 MB');
    return { text: await handle.readFile('utf8'), stats };
  } finally {
    await handle.close();
  }
}

function invalid(file: string, why: string): AppError {
  return new AppError('file-invalid', `${file} ${why}.`, { hint: 'Name a file of text.' });
}

/** Formats the end of a sentence: `because … may be changed by other accounts.` */
export function distrustReason({ place, why }: Distrust): string {
  return `because ${place} ${why}`;
}

/**
 * Resolves with the text of a file and, if other accounts control it, the reason. Checks and reads the same file: a
 * path that changes meanwhile is distrusted.
 * Rejects with `file-invalid`, or with the system's own error.
 */
export async function readTrusted(
  file: string,
  places: { readonly env: Environment; readonly home: string },
): Promise<{ readonly text: string; readonly distrust: Distrust | undefined }> {
  const walked = await walkTrusted(file, { groups: 'refused', ...places });
  const { text, stats } = await readBounded(walked.file, constants.O_NOFOLLOW ?? 0);
  const distrust =
    walked.distrust ?? (process.platform === 'win32' ? undefined : distrustOf(walked.file, stats, 'refused'));
  return { text, distrust };
}
