import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { buildExecutable } from '../../scripts/packaging/executable.ts';
import { bundleForOlder } from '../electron/bundle.ts';
import type { RealElectron } from '../electron/find-electron.ts';
import { installOwnFpm } from './own-fpm.ts';
import { configuration, root } from './pack.ts';

/**
 * Packs the app for Linux by electron-builder.yml with a real Electron, below `folder`, and resolves with the folder of
 * the packages. An older Electron gets the bundle that it can run, and lacks the newest fuse. Needs the output of
 * `npm run build`.
 */
export async function packElectron(options: {
  readonly folder: string;
  readonly electron: RealElectron;
  /** The program to pack, or a double of it. */
  readonly cloudflared: string;
  readonly targets: readonly string[];
}): Promise<string> {
  const { folder, electron, cloudflared, targets } = options;
  const bin = path.join(folder, 'bin');
  const dist = path.join(folder, 'electron');
  const output = path.join(folder, 'dist');
  const isOlder = electron.kind === 'older';
  const projectDir = isOlder ? path.join(folder, 'project') : root;
  await mkdir(bin, { recursive: true });
  await Promise.all([
    cp(cloudflared, path.join(bin, 'cloudflared'), { dereference: true }),
    buildExecutable({ file: path.join(bin, 'k8s-tunnels') }),
    // The fuses are written into a hard link of it.
    cp(electron.dist, dist, { recursive: true }),
    installOwnFpm(folder),
    ...(isOlder ? [makeProject(projectDir)] : []),
  ]);
  const config = await configuration();
  const { grantFileProtocolExtraPrivileges, ...olderFuses } = config.electronFuses;
  const file = path.join(folder, 'electron-builder.json');
  await writeFile(
    file,
    JSON.stringify({
      ...config,
      beforePack: null,
      electronDist: dist,
      electronVersion: electron.version,
      // Known since Electron 29.
      electronFuses: isOlder ? olderFuses : { ...olderFuses, grantFileProtocolExtraPrivileges },
      extraResources: [
        { from: bin, to: 'bin' },
        { from: path.join(root, 'out', 'licences'), to: 'licences' },
      ],
      linux: {
        ...config.linux,
        extraResources: [{ from: path.join(root, 'docs', 'k8s-tunnels.1'), to: 'man/k8s-tunnels.1' }],
      },
      directories: { buildResources: path.join(projectDir, 'resources', 'packaging'), output },
    }),
  );
  await build({
    projectDir,
    targets: Platform.LINUX.createTarget([...targets], Arch.x64),
    publish: 'never',
    config: file,
  });
  await rm(dist, { recursive: true });
  return output;
}

async function makeProject(folder: string): Promise<void> {
  await bundleForOlder(folder);
  const packaging = path.join('resources', 'packaging');
  await cp(path.join(root, packaging), path.join(folder, packaging), { recursive: true });
}
