import path from 'node:path';
// Every hook is handed the same.
import { Arch, type AfterPackContext as PackContext } from 'electron-builder';
import { preparePrograms } from './prepare-programs.ts';

/** electron-builder's hook, once for each system and processor: the package's programs are there and are the right ones. */
export async function beforePack({ packager, electronPlatformName, arch }: PackContext): Promise<void> {
  const root = packager.projectDir;
  await preparePrograms({
    platform: electronPlatformName,
    arch: Arch[arch] ?? '',
    lockFile: path.join(root, 'resources', 'cloudflared.lock.json'),
    vendor: path.join(root, 'vendor'),
    executables: path.join(root, 'dist', 'cli'),
  });
}
