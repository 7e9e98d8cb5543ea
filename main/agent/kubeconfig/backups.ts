import { createHash } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

/** How many backups to keep of each file. */
const kept = 10;

/**
 * Saves a file's bytes as `<base name>-<hash of its path>-<time>` in `folder`, 0600, unless the latest backup has the
 * same content. Keeps the last 10 of each file. Resolves with the backup's path.
 */
export async function backUp(options: {
  readonly folder: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Promise<string> {
  const { folder, file, bytes, now } = options;
  const id = createHash('sha256').update(file).digest('hex').slice(0, 8);
  const prefix = `${path.basename(file)}-${id}-`;
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(prefix)).toSorted();
  const latest = names.at(-1);
  if (latest !== undefined && (await readFile(path.join(folder, latest))).equals(bytes)) {
    return path.join(folder, latest);
  }
  let name = `${prefix}${new Date(now).toISOString().replaceAll(':', '')}`;
  // The newest must still sort last if two are made within one millisecond, or the clock was set back.
  if (latest !== undefined && name <= latest) name = `${latest}+`;
  await writeFileAtomic(path.join(folder, name), bytes);
  for (const old of names.slice(0, Math.max(0, names.length + 1 - kept)))
    await unlink(path.join(folder, old));
  return path.join(folder, name);
}
