import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { toPlainError } from '../../model/app-error.ts';
import type { Clock, Logger } from '../parts.ts';

/** A program writes in several steps: they are looked at together. */
const settleMs = 100;
/** How often to look where the system reports changes: another computer's on a network drive it does not. */
const watchedEveryMs = 30_000;
/** How often to look where it cannot. */
const unwatchedEveryMs = 1_000;
/** Systems that report a change within a file of a watched folder, and not only that a file came or went. */
const reporting: readonly string[] = ['linux', 'darwin', 'win32'];

export interface FileWatch {
  /** Looks now: what is to be watched may have changed. Never rejects. */
  look(): Promise<void>;
  close(): void;
}

/** What to watch, as absolute paths. What does not exist yet is waited for. */
export interface Watched {
  readonly files: readonly string[];
  /** Folders in which every file counts. */
  readonly folders: readonly string[];
}

/**
 * Calls `look` when one of the files may have changed, also by being replaced, created or deleted, and seldom without a
 * reason. Folders are watched rather than files, since a file that is replaced takes its watch with it. Where
 * watching fails (no inotify watches left, a file system without), it looks every second.
 * `watched` is asked before each look; where it or `look` rejects, the next look follows in a second.
 */
export function watchFiles(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watched: () => Promise<Watched>;
  /** Returns when to look again at the latest, ms since the epoch. */
  readonly look: () => Promise<number | undefined>;
  /** The operating system's where undefined. */
  readonly watch?: typeof watchFolder | undefined;
}): FileWatch {
  const { clock, logger, watched, look, watch = watchFolder } = options;
  const held = new Map<string, Held>();
  let isClosed = false;
  const problems = new Set<string>();
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let isAskedAgain = false;

  /** Each problem is logged once, not every second. */
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

  const watchOne = async (folder: string, names: Names): Promise<void> => {
    const inode = (await stat(folder)).ino;
    const known = held.get(folder);
    if (known?.inode === inode) {
      known.names = names;
      return;
    }
    unwatch(folder);
    if (isClosed) return;
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      // A folder that is deleted or moved is reported by its own name: the system ends the watch with it, and another folder
      // may get the same inode.
      const isOwn = name === path.basename(folder);
      if (isOwn && held.get(folder) === one) unwatch(folder);
      const counts = name === null || isOwn || one.names === 'all' || one.names.has(name);
      if (counts) lookWithin(settleMs);
    });
    const one: Held = { watcher, inode, names };
    held.set(folder, one);
    watcher.on('error', () => {
      unwatch(folder);
      lookWithin(settleMs);
    });
  };

  /** Follows what is to be watched now. False where a part cannot be. */
  const follow = async (): Promise<boolean> => {
    if (!reporting.includes(process.platform)) return false;
    const folders = await foldersOf(await watched());
    for (const folder of held.keys()) if (!folders.has(folder)) unwatch(folder);
    const all = [...folders].map(async ([folder, names]) => {
      try {
        await watchOne(folder, names);
        return true;
      } catch (error) {
        report('A folder cannot be watched', error);
        return false;
      }
    });
    return (await Promise.all(all)).every(Boolean);
  };

  /** One look; the watch is set first, so that no change falls between the two. */
  const once = async () => {
    let next = unwatchedEveryMs;
    try {
      const isWatched = await follow();
      const dueAt = (await look()) ?? Number.POSITIVE_INFINITY;
      next = Math.min(isWatched ? watchedEveryMs : unwatchedEveryMs, Math.max(0, dueAt - clock.now()));
    } catch (error) {
      report('Files could not be looked at', error);
    }
    lookWithin(next);
  };

  let dueAt = Number.POSITIVE_INFINITY;
  function lookWithin(ms: number): void {
    const now = clock.now();
    const at = now + ms;
    // One that is overdue waits for a timer that slept, too.
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

/** The names in a folder that count. */
type Names = ReadonlySet<string> | 'all';

interface Held {
  readonly watcher: FSWatcher;
  /** Of the folder when the watch began: one that was replaced is watched again. */
  readonly inode: number;
  names: Names;
}

/** The folders to watch, which all exist, and the names in each that count. */
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

/** The folder, or the first above it that exists, and what is to come to be in it. */
async function nearest(folder: string, name: string): Promise<readonly [string, string]> {
  const parent = path.dirname(folder);
  if (parent === folder || (await isFolder(folder))) return [folder, name];
  return nearest(parent, path.basename(folder));
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
