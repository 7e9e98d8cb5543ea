import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { parse } from 'yaml';
import { preparePrograms } from '../../scripts/packaging/prepare-programs.ts';
import { vendoredProgram } from '../../scripts/vendor/lock.ts';
import { installOwnFpm } from './own-fpm.ts';
import { programFor, release } from './programs.ts';
import { makeStubElectron } from './stub-electron.ts';

export const root = path.resolve(import.meta.dirname, '..', '..');

/** electron-builder.yml as it is. */
export async function configuration() {
  return parse(await readFile(path.join(root, 'electron-builder.yml'), 'utf8'));
}

/**
 * Packs the app for Linux x64 by electron-builder.yml, with a stub of Electron and of cloudflared. Everything is written
 * below `folder`. Answers where the app lies.
 */
export async function packLinux(folder: string, targets: readonly string[]): Promise<string> {
  const vendor = path.join(folder, 'vendor');
  const program = vendoredProgram(vendor, 'linux-x64');
  await mkdir(path.dirname(program), { recursive: true });
  await writeFile(program, programFor('linux-x64', 'cloudflared 2026.8.2'), { mode: 0o755 });
  const lockFile = path.join(folder, 'lock.json');
  await writeFile(lockFile, JSON.stringify(release().lock));
  // What the hook does, with these in place of vendor/.
  const executables = path.join(folder, 'cli');
  await preparePrograms({ platform: 'linux', arch: 'x64', lockFile, vendor, executables });

  await installOwnFpm(folder);
  const { extraResources } = await configuration();
  const from = (place: string) =>
    place.replace(/^vendor\//, `${vendor}/`).replace(/^dist\/cli\//, `${executables}/`);
  await pack({
    folder,
    platform: 'linux',
    targets,
    extraResources: extraResources.map((one: { from: string }) => ({ ...one, from: from(one.from) })),
  });
  return path.join(folder, 'dist', 'linux-unpacked');
}

/** The same for Windows, without programs beside the app. */
export async function packWindows(folder: string): Promise<string> {
  await pack({ folder, platform: 'win32', targets: ['dir'], extraResources: [] });
  return path.join(folder, 'dist', 'win-unpacked');
}

async function pack(options: {
  readonly folder: string;
  readonly platform: 'linux' | 'win32';
  readonly targets: readonly string[];
  readonly extraResources: readonly unknown[];
}): Promise<void> {
  const { folder, platform, targets, extraResources } = options;
  const config = await configuration();
  const file = path.join(folder, `electron-builder-${platform}.json`);
  await writeFile(
    file,
    JSON.stringify({
      ...config,
      beforePack: null,
      extraResources,
      electronDist: await makeStubElectron(path.join(folder, `electron-${platform}`), platform),
      directories: { ...config.directories, output: path.join(folder, 'dist') },
    }),
  );
  const system = platform === 'linux' ? Platform.LINUX : Platform.WINDOWS;
  await build({
    projectDir: root,
    targets: system.createTarget([...targets], Arch.x64),
    publish: 'never',
    config: file,
  });
}
