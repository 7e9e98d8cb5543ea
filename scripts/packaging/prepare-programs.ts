import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { platforms, readLock } from '../vendor/lock.ts';
import { checkPlatform, checkVendored } from '../vendor/program.ts';
import { buildExecutable } from './executable.ts';

/**
 * Builds a package's command line and checks its cloudflared. Rejects with what to do if cloudflared is missing or not
 * the locked one, or if there is no Node to build the command line with.
 */
export async function preparePrograms(options: {
  /** The platform as Node names it, and the processor. */
  readonly platform: string;
  readonly arch: string;
  readonly lockFile: string;
  readonly vendor: string;
  /** A folder with a folder for each system and processor. */
  readonly executables: string;
}): Promise<void> {
  const { platform, arch, lockFile, vendor, executables } = options;
  // A universal package joins two halves that were packed before.
  if (arch === 'universal') return;
  const target = platforms.find((one) => one === `${platform}-${arch}`);
  if (target === undefined)
    throw new Error(`No package is made for ${platform} ${arch}: there is no cloudflared for it.`);
  await checkVendored({ lock: await readLock(lockFile), vendor, platform: target });

  const suffix = platform === 'win32' ? '.exe' : '';
  const isHere = platform === process.platform && arch === process.arch;
  const node = isHere ? process.execPath : path.join(vendor, 'node', target, `node${suffix}`);
  const data = await readFile(node).catch((cause: unknown) => {
    throw new Error(
      `${node} is missing: the command line for ${target} is made of it. Put Node ${process.version} for ${target} there.`,
      { cause },
    );
  });
  checkPlatform(data, target, { name: node });
  await buildExecutable({ file: path.join(executables, target, `k8s-tunnels${suffix}`), node });
}
