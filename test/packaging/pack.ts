import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { parse } from 'yaml';
import { preparePrograms } from '../../scripts/packaging/prepare-programs.ts';
import { vendoredProgram } from '../../scripts/vendor/lock.ts';
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

  const config = await configuration();
  const from = (place: string) =>
    place.replace(/^vendor\//, `${vendor}/`).replace(/^dist\/cli\//, `${executables}/`);
  const file = path.join(folder, 'electron-builder.json');
  await writeFile(
    file,
    JSON.stringify({
      ...config,
      beforePack: null,
      extraResources: config.extraResources.map((one: { from: string }) => ({
        ...one,
        from: from(one.from),
      })),
      electronDist: await makeStubElectron(path.join(folder, 'electron')),
      directories: { ...config.directories, output: path.join(folder, 'dist') },
    }),
  );
  const fpm = path.join(folder, 'fpm');
  const script = path.join(import.meta.dirname, 'fpm.ts');
  await writeFile(fpm, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
  process.env.CUSTOM_FPM_PATH = fpm;
  await build({
    projectDir: root,
    targets: Platform.LINUX.createTarget([...targets], Arch.x64),
    publish: 'never',
    config: file,
  });
  return path.join(folder, 'dist', 'linux-unpacked');
}
