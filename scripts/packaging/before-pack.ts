import path from 'node:path';
// All hooks get the same context.
import { Arch, type AfterPackContext as PackContext } from 'electron-builder';
import { preparePrograms } from './prepare-programs.ts';

/** electron-builder's hook, called for each system and processor. Prepares and checks the package's programs. */
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
