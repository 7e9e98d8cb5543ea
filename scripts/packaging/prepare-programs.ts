import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { places, readLock } from '../vendor/lock.ts';
import { checkPlace, checkVendored } from '../vendor/program.ts';
import { buildExecutable } from './executable.ts';

/**
 * Makes a package's command line, and sees to it that its cloudflared is there. Rejects, with what to do, where that is
 * missing or not the locked one, or where no Node is here to make the command line of.
 */
export async function preparePrograms(options: {
  /** As Node names it, and the processor. */
  readonly platform: string;
  readonly arch: string;
  readonly lockFile: string;
  readonly vendor: string;
  /** A folder with one for each system and processor. */
  readonly executables: string;
}): Promise<void> {
  const { platform, arch, lockFile, vendor, executables } = options;
  // Both halves were packed before; this is the joining of them.
  if (arch === 'universal') return;
  const place = places.find((one) => one === `${platform}-${arch}`);
  if (place === undefined)
    throw new Error(`No package is made for ${platform} ${arch}: there is no cloudflared for it.`);
  await checkVendored({ lock: await readLock(lockFile), vendor, place });

  const suffix = platform === 'win32' ? '.exe' : '';
  const isHere = platform === process.platform && arch === process.arch;
  const node = isHere ? process.execPath : path.join(vendor, 'node', place, `node${suffix}`);
  const data = await readFile(node).catch((cause: unknown) => {
    throw new Error(
      `${node} is missing: the command line for ${place} is made of it. Put Node ${process.version} for ${place} there.`,
      { cause },
    );
  });
  checkPlace(data, place, { name: node });
  await buildExecutable({ file: path.join(executables, place, `k8s-tunnels${suffix}`), node });
}
