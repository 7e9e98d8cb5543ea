import { copyFile, mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../agent/parts.ts';

/**
 * Resolves with a permanent folder of the package's programs, because kubeconfig entries name the command line by its
 * path and outlive the running app. The path of an AppImage, a mounted disk image or an app that macOS translocates
 * changes at each start, so their programs are copied into a folder of `state` if they differ.
 */
export async function lastingPrograms(options: {
  /** The package's own folder of programs. */
  readonly programs: string;
  readonly state: string;
  readonly env: Environment;
}): Promise<string> {
  const { programs, state, env } = options;
  if (!isPassing(programs, env)) return programs;
  const folder = path.join(state, 'programs');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(programs)) {
    const [from, to] = [path.join(programs, name), path.join(folder, name)];
    const [wanted, there] = [await stat(from), await stat(to).catch(() => undefined)];
    if (there?.size === wanted.size && sameSecond(there.mtime, wanted.mtime)) continue;
    // Replace it atomically, because kubectl may be starting it.
    await copyFile(from, `${to}.new`);
    await utimes(`${to}.new`, wanted.atime, wanted.mtime);
    await rename(`${to}.new`, to);
  }
  return folder;
}

function isPassing(folder: string, { APPDIR }: Environment): boolean {
  if (process.platform === 'darwin') return /^\/Volumes\/|\/AppTranslocation\//.test(folder);
  return APPDIR !== undefined && path.isAbsolute(APPDIR) && folder.startsWith(path.join(APPDIR, path.sep));
}

/** Compares whole seconds, because a file system may round times. */
function sameSecond(a: Date, b: Date): boolean {
  return Math.floor(a.getTime() / 1000) === Math.floor(b.getTime() / 1000);
}
