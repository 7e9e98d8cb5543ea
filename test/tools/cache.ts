import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** The folder of programs that tests fetch or build once: outside the repository, the one that CI keeps. */
export function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'k8s-tunnels-ci');
}

/**
 * Resolves with a folder of the cache, which `fill` fills where it is not there. It gets its name when it is complete:
 * an interrupted run leaves nothing that the next would use. `name` must change with everything that goes into it.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cacheFolder(), name);
  if (await exists(folder)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    await fill(work);
    await rename(work, folder).catch(async (error: unknown) => {
      // Another run was quicker.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
  return folder;
}

/** Resolves whether there is such a file or folder. */
export function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
