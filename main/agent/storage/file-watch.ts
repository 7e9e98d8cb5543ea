import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import type { Clock, Logger } from '../parts.ts';

/** A program writes in several steps: wait this long to handle them together. */
const settleMs = 100;
/**
 * How often to check if the system reports changes. It does not report those that another computer makes on a network
 * drive, or another system on a shared one.
 */
const watchedEveryMs = { local: 600_000, other: 60_000 } as const;
/**
 * File systems that no other computer writes, by the types of Linux's statfs(2): ext2 to ext4, XFS, Btrfs, F2FS, ZFS, tmpfs,
 * overlay.
 */
const localTypes: readonly number[] = [
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630,
];
/** How often to check if the system cannot report changes. */
const unwatchedEveryMs = 1_000;
/** Systems that report a change within a file of a watched folder, and not only that a file was created or deleted. */
const reporting: readonly string[] = ['linux', 'darwin', 'win32'];

export interface FileWatch {
  /** Checks now: the files to watch may have changed. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

/** The absolute paths to watch. A path that does not exist yet is watched for. */
export interface Watched {
  readonly files: readonly string[];
  /** Folders in which every file is watched, or every file whose name ends with `ending`. */
  readonly folders: readonly string[];
  readonly ending?: string | undefined;
}

/**
 * Calls `look` when one of the files may have changed (also when it was replaced, created or deleted), and seldom
 * without a reason. Watches folders rather than files, since the watch of a file ends when the file is replaced. If
 * watching fails (no inotify watches left, a file system without), checks every second. Calls `watched` before each
 * check. If it or `look` rejects, the next check follows in a second.
 */
export function watchFiles(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watched: () => Promise<Watched>;
  /** Resolves with the latest time for the next check, ms since the epoch. */
  readonly look: () => Promise<number | undefined>;
  /** Replaces the operating system's watch. */
  readonly watch?: typeof watchFolder | undefined;
  /** Replaces what Linux says of a folder's file system. */
  readonly fileSystem?: typeof linuxFileSystem | undefined;
}): FileWatch {
  const { clock, logger, watched, look, watch = watchFolder, fileSystem = linuxFileSystem } = options;
  const held = new Map<string, Held>();
  let isClosed = false;
  const problems = new Set<string>();
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let isAskedAgain = false;

  /** Logs each problem once, not every second. */
  const report = (message: string, error: unknown) => {
    const text = String(error);
    if (problems.has(text)) return;
    problems.add(text);
    logger.warn(message, { error: toPlainError(error) });
  };
  const unwatch = (folder: string) => {
    held.get(folder)?.watcher.close();
    held.delete(folder);
  };

  /** Resolves with how often to check the folder all the same, ms. */
  const watchOne = async (folder: string, names: Names): Promise<number> => {
    const inode = (await stat(folder)).ino;
    const known = held.get(folder);
    if (known?.inode === inode) {
      known.names = names;
      return known.everyMs;
    }
    unwatch(folder);
    const everyMs =
      watchedEveryMs[localTypes.includes((await fileSystem(folder))?.type ?? 0) ? 'local' : 'other'];
    if (isClosed) return everyMs;
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      // A folder that is deleted or moved is reported by its own name: the system ends its watch, and another folder
      // may get the same inode.
      const isOwn = name === path.basename(folder);
      if (isOwn && held.get(folder) === one) unwatch(folder);
      const counts = name === null || isOwn || isNamed(one.names, name);
      if (counts) lookWithin(settleMs);
    });
    const one: Held = { watcher, inode, everyMs, names };
    held.set(folder, one);
    watcher.on('error', () => {
      unwatch(folder);
      lookWithin(settleMs);
    });
    return everyMs;
  };

  let ending = '';
  const isNamed = (names: Names, name: string) => (names === 'all' ? name.endsWith(ending) : names.has(name));

  /** Updates the watches. Resolves with how often to check all the same, ms. */
  const follow = async (): Promise<number> => {
    if (!reporting.includes(process.platform)) return unwatchedEveryMs;
    const wanted = await watched();
    ending = wanted.ending ?? '';
    const folders = await foldersOf(wanted);
    for (const folder of held.keys()) if (!folders.has(folder)) unwatch(folder);
    const all = [...folders].map(async ([folder, names]) => {
      try {
        return await watchOne(folder, names);
      } catch (error) {
        report('A folder cannot be watched', error);
        return unwatchedEveryMs;
      }
    });
    return Math.min(...(await Promise.all(all)), watchedEveryMs.local);
  };

  /** Makes one check. Sets the watches first, so that no change falls between the two. */
  const once = async () => {
    let next = unwatchedEveryMs;
    try {
      const everyMs = await follow();
      const dueAt = (await look()) ?? Number.POSITIVE_INFINITY;
      next = Math.min(everyMs, Math.max(0, dueAt - clock.now()));
    } catch (error) {
      report('Files could not be checked', error);
    }
    lookWithin(next);
  };

  let dueAt = Number.POSITIVE_INFINITY;
  function lookWithin(ms: number): void {
    const now = clock.now();
    const at = now + ms;
    // An overdue check waits for a timer that slept, too.
    if (isClosed || (at >= dueAt && dueAt >= now)) return;
    cancel?.();
    dueAt = at;
    cancel = clock.timer(ms, () => {
      dueAt = Number.POSITIVE_INFINITY;
      void lookNow();
    });
  }

  function lookNow(): Promise<void> {
    if (isClosed) return Promise.resolve();
    if (running !== undefined) {
      isAskedAgain = true;
      return running;
    }
    cancel?.();
    dueAt = Number.POSITIVE_INFINITY;
    running = (async () => {
      do {
        isAskedAgain = false;
        await once();
      } while (isAskedAgain && !isClosed);
      running = undefined;
    })();
    return running;
  }

  return {
    look: lookNow,
    close() {
      isClosed = true;
      cancel?.();
      for (const folder of [...held.keys()]) unwatch(folder);
    },
  };
}

/** The watched names in a folder. */
type Names = ReadonlySet<string> | 'all';

interface Held {
  readonly watcher: FSWatcher;
  /** The folder's inode when the watch began: a folder that was replaced is watched again. */
  readonly inode: number;
  /** How often to check the folder all the same, ms. */
  readonly everyMs: number;
  names: Names;
}

/** Returns the folders to watch, all of which exist, and the watched names in each. */
async function foldersOf({ files, folders }: Watched): Promise<ReadonlyMap<string, Names>> {
  const found = new Map<string, Names>();
  const add = (folder: string, names: Names) => {
    const known = found.get(folder);
    if (known === undefined || names === 'all') found.set(folder, names);
    else if (known !== 'all') found.set(folder, new Set([...known, ...names]));
  };
  for (const file of files) {
    const [folder, name] = await nearest(path.dirname(file), path.basename(file));
    add(folder, new Set([name]));
  }
  for (const folder of folders) {
    if (await isFolder(folder)) add(folder, 'all');
    else {
      const [above, name] = await nearest(path.dirname(folder), path.basename(folder));
      add(above, new Set([name]));
    }
  }
  return found;
}

/** Returns the folder, or the first existing one above it, and the name to wait for in it. */
async function nearest(folder: string, name: string): Promise<readonly [string, string]> {
  const parent = path.dirname(folder);
  if (parent === folder || (await isFolder(folder))) return [folder, name];
  return nearest(parent, path.basename(folder));
}

/** Resolves with the folder's file system if Linux names it: elsewhere the types mean something else. */
async function linuxFileSystem(folder: string): Promise<{ readonly type: number } | undefined> {
  return process.platform === 'linux' ? statfs(folder).catch(() => undefined) : undefined;
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
