import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../model/app-error.ts';

/** Folders of the system in which no one works, and which have files and sockets that lead out of the sandbox. */
const systemFolders = ['/etc', '/proc', '/sys', '/dev', '/run', '/boot'];
const mostFiles = 500_000;

/** What must be out of reach: nothing that is shown may be one of these, lie in one, or contain one. */
export interface Hidden {
  readonly homes: readonly string[];
  /** The folders of the agent and of credentials, and every kubeconfig that is known. */
  readonly paths: readonly string[];
}

/** Checks what the command is to see. All throw `bad-input`, which names the path and the fix. */
export interface ShownPaths {
  /** Returns the working folder, with its links resolved. */
  folder(cwd: string): string;
  /** Returns a path that the user names. */
  named(name: string, cwd: string): string;
}

export function createShownPaths({ homes: given, paths }: Hidden, most = mostFiles): ShownPaths {
  const hidden = paths.map(onDisk);
  const homes = given.map(onDisk);

  const check = (shown: string, fix: string) => {
    const isAboveHome = homes.some((home) => isWithin(home, shown));
    const why = isAboveHome ? 'contains your home folder' : hiddenText(shown, hidden);
    if (why !== undefined) throw refusal(`The sandbox cannot show ${shown}: it ${why}.`, fix);
    const special = specialFileIn(shown, most);
    if (special === undefined) return;
    throw special === 'too-many'
      ? refusal(`${shown} has more than ${most} files, too many to look for sockets.`, fix)
      : refusal(`${special} is a socket or a pipe, through which the command could leave the sandbox.`, fix);
  };

  return {
    folder(cwd) {
      const shown = onDisk(cwd);
      const fix = 'Change to another folder.';
      const system = systemFolders.find((one) => isWithin(shown, one));
      if (system !== undefined) throw refusal(`The sandbox cannot show ${shown}: it is in ${system}.`, fix);
      const inHome = homes.flatMap((home) => (isWithin(shown, home) ? path.relative(home, shown) : []));
      if (inHome.some((within) => within.startsWith('.')))
        throw refusal(
          `The sandbox cannot show ${shown}: hidden folders of your home folder have credentials.`,
          fix,
        );
      check(shown, fix);
      return shown;
    },
    named(name, cwd) {
      const shown = path.resolve(cwd, name);
      if (statSync(shown, { throwIfNoEntry: false }) === undefined)
        throw refusal(`--show names ${shown}, which does not exist.`, 'Name a file or a folder.');
      check(onDisk(shown), 'Show what the command needs alone.');
      return shown;
    },
  };
}

/** Returns true if a path is in a folder, or is the folder. */
export function isWithin(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`));
}

function hiddenText(shown: string, hidden: readonly string[]): string | undefined {
  for (const one of hidden) {
    if (isWithin(one, shown)) return shown === one ? 'has credentials' : `contains ${one}`;
    if (isWithin(shown, one)) return `is in ${one}`;
  }
  return undefined;
}

/**
 * Returns a socket or a named pipe in the folder: a read-only mount does not keep a program from connecting to it. Follows
 * no links, which lead nowhere in the sandbox.
 */
function specialFileIn(start: string, most: number): string | 'too-many' | undefined {
  const stats = statSync(start);
  if (stats.isSocket() || stats.isFIFO()) return start;
  const waiting = stats.isDirectory() ? [start] : [];
  let count = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop())
    for (const entry of entriesOf(folder)) {
      count += 1;
      if (count > most) return 'too-many';
      const file = path.join(folder, entry.name);
      if (entry.isSocket() || entry.isFIFO()) return file;
      if (entry.isDirectory()) waiting.push(file);
    }
  return undefined;
}

/** A folder that the user may not read is as closed to the command. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function onDisk(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

function refusal(message: string, hint: string): AppError {
  return new AppError('bad-input', message, { hint });
}
