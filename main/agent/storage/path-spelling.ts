import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

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
  if (!status.isSymbolicLink()) return path.basename(await realpath(file));
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (names.includes(name)) return name;
  return names.find((one) => pathKey(one, platform) === pathKey(name, platform)) ?? name;
}
