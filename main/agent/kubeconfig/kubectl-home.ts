import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../parts.ts';

/**
 * Returns the home folder in which kubectl looks for `.kube/config`, or `home` if the environment names none. On Windows
 * that is the first of HOME, HOMEDRIVE with HOMEPATH, and USERPROFILE that has a kubeconfig, else the first writable one
 * of HOME, USERPROFILE, and HOMEDRIVE with HOMEPATH, else the first that exists or is set (client-go, util/homedir).
 */
export function kubectlHome(
  env: Environment,
  home: string,
  options: {
    readonly platform?: NodeJS.Platform;
    readonly stat?: (file: string) => Pick<Stats, 'isDirectory' | 'mode'> | undefined;
  } = {},
): string {
  const { platform = process.platform, stat = statOf } = options;
  if (platform !== 'win32') return home;
  const { HOME, HOMEDRIVE, HOMEPATH, USERPROFILE } = env;
  const drivePath = HOMEDRIVE && HOMEPATH ? HOMEDRIVE + HOMEPATH : undefined;
  const set = (folders: readonly (string | undefined)[]) =>
    folders.filter((folder) => folder !== undefined && folder !== '') as readonly string[];
  const withFile = set([HOME, drivePath, USERPROFILE]).find(
    (folder) => stat(path.win32.join(folder, '.kube', 'config')) !== undefined,
  );
  if (withFile !== undefined) return withFile;
  const homes = set([HOME, USERPROFILE, drivePath]);
  const isWritable = (folder: string) => {
    const stats = stat(folder);
    return stats?.isDirectory() === true && (stats.mode & 0o200) !== 0;
  };
  return homes.find(isWritable) ?? homes.find((folder) => stat(folder) !== undefined) ?? homes[0] ?? home;
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
