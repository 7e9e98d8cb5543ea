import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { flush } from '../storage/flush.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

/** How many backups to keep of each file, and of all: a terminal may have a kubeconfig of its own. */
const kept = 10;
const keptOfAll = 100;
/** Backups contain credentials: after this time nobody wants the one, and somebody may want the other. */
const oldestMs = 90 * 24 * 60 * 60_000;
/** A file name may have 255 bytes, and the rest of a backup's has 50. */
const longestBase = 180;

/**
 * Saves a file's bytes as `<base name>-<hash of its path>-<time>` in `folder`, 0600, unless the latest backup has the
 * same content. Keeps the last 10 of each file, the last 100 of all, and none for more than 90 days. With `isFlushed`, it
 * survives a power failure from then on. Resolves with the backup's path.
 */
export async function backUp(options: {
  readonly folder: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isFlushed: boolean;
}): Promise<string> {
  const { folder, file, bytes, now, isFlushed } = options;
  const id = createHash('sha256').update(file).digest('hex').slice(0, 8);
  const prefix = `${shortened(path.basename(file), longestBase)}-${id}-`;
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(prefix)).toSorted();
  const latest = names.at(-1);
  if (latest !== undefined && (await readFile(path.join(folder, latest))).equals(bytes)) {
    const copy = path.join(folder, latest);
    if (isFlushed) await flushFile(copy);
    return copy;
  }
  let name = `${prefix}${new Date(now).toISOString().replaceAll(':', '')}`;
  // The newest must still sort last if two are made within one millisecond, or the clock was set back.
  if (latest !== undefined && name <= latest) name = `${latest}+`;
  await writeFileAtomic(path.join(folder, name), bytes, { isFlushed });
  for (const old of names.slice(0, Math.max(0, names.length + 1 - kept)))
    await unlink(path.join(folder, old));
  await prune(folder, now, name);
  return path.join(folder, name);
}

async function flushFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await flush(handle);
  } finally {
    await handle.close();
  }
}

/** Removes what is too old or too much, except the newest. Another agent may remove the same. */
async function prune(folder: string, now: number, newest: string): Promise<void> {
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const status = await stat(path.join(folder, name)).catch(() => undefined);
      return { name, at: status?.mtimeMs ?? 0 };
    }),
  );
  const old = found
    .filter(({ name }) => name !== newest)
    .toSorted((a, b) => b.at - a.at)
    .filter(({ at }, index) => index >= keptOfAll - 1 || now - at > oldestMs);
  for (const { name } of old) await unlink(path.join(folder, name)).catch(() => {});
}

/** Returns a name of at most so many bytes. */
export function shortened(name: string, bytes: number): string {
  let short = name;
  while (Buffer.byteLength(short) > bytes) short = short.slice(0, -1);
  // Half of a pair of surrogates is no character.
  return short.isWellFormed() ? short : short.slice(0, -1);
}
