import { realpathSync } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../model/app-error.ts';

/** Systems whose file systems find a file by any case of its name. */
function ignoresCase(platform: NodeJS.Platform): boolean {
  return platform === 'win32' || platform === 'darwin';
}

/** Returns the same key for paths that a system without case takes for the same. `é` has two forms on macOS. */
export function pathKey(file: string, platform: NodeJS.Platform = process.platform): string {
  return ignoresCase(platform) ? file.normalize('NFC').toLowerCase() : file;
}

/**
 * Resolves with a file's name as its folder spells it, on systems that also find it by another case or, on Windows, by
 * its short name (`CONFIG~1`). Returns the given name of a file that does not exist, and on other systems.
 */
export async function nameOnDisk(
  folder: string,
  name: string,
  platform: NodeJS.Platform = process.platform,
): Promise<string> {
  if (!ignoresCase(platform)) return name;
  const file = path.join(folder, name);
  const status = await lstat(file).catch(() => undefined);
  if (status === undefined) return name;
  if (!status.isSymbolicLink()) return path.basename(await realPath(file));
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (names.includes(name)) return name;
  return names.find((one) => pathKey(one, platform) === pathKey(name, platform)) ?? name;
}

/** What drives that are no disks (of memory, of a network) answer to the question for a path. */
const noAnswer: readonly string[] = ['UNKNOWN', 'EISDIR', 'EINVAL', 'EPERM'];

/** Resolves with a path after its links, as the disk spells it where the drive says so. Rejects as `realpath` does. */
export async function realPath(file: string): Promise<string> {
  return realpath(file).catch((error: unknown) => {
    if (process.platform !== 'win32' || !noAnswer.includes(errnoOf(error) ?? '')) throw error;
    return realpathSync(file);
  });
}
