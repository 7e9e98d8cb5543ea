import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { System } from './system.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Starts nothing: the system is the one that this runs on. kubectl is the first on PATH. */
export async function startNative(): Promise<System> {
  const homes = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-homes-'));
  return {
    name: `${process.platform} ${process.arch}`,
    node: process.execPath,
    kubectl: await findKubectl(),
    cli: path.join(root, 'out', 'cli', 'k8s-tunnels.cjs'),
    homes,
    pathOf: (file) => file,
    async run(script, args) {
      const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
      const [code] = (await once(child, 'close')) as [number | null];
      return code ?? 1;
    },
    close: () => rm(homes, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function findKubectl(): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'kubectl.exe' : 'kubectl';
  for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    const file = path.join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
