import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DebugLogger } from 'builder-util';
import { Arch, build, Platform } from 'electron-builder';
import { expect, test } from 'vitest';
import { linkScheme } from '../../main/api/link.ts';
import { appId } from '../../main/desktop/app-origin.ts';
import { preparePrograms } from '../../scripts/packaging/prepare-programs.ts';
import { configuration, root } from './pack.ts';

/** electron-builder's own check of its configuration, which otherwise runs only when a package is built. */
async function validate(configuration: unknown): Promise<void> {
  const { validateConfiguration } = await import('app-builder-lib/out/util/config/config.js');
  await validateConfiguration(configuration as never, new DebugLogger(false));
}

test('electron-builder.yml is valid and turns every fuse the safe way', async () => {
  const config = await configuration();
  await expect(validate(config)).resolves.toBeUndefined();
  expect(config.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  });
});

test('a field that electron-builder does not know is refused', async () => {
  await expect(validate({ appId: 'x', noSuchField: true })).rejects.toThrow(/noSuchField/);
});

test('the app and its packages are called the same, and take the same links', async () => {
  const config = await configuration();
  expect(config.appId).toBe(appId);
  expect(config.protocols).toEqual([expect.objectContaining({ schemes: [linkScheme] })]);
});

test('macOS gets an app that is hardened, and may do no more than make machine code', async () => {
  const { mac } = await configuration();
  expect(mac).toMatchObject({ hardenedRuntime: true, entitlementsInherit: mac.entitlements });
  const entitlements = await readFile(path.join(root, mac.entitlements), 'utf8');
  expect([...entitlements.matchAll(/<key>(.*)<\/key>/g)].map(([, key]) => key)).toEqual([
    'com.apple.security.cs.allow-jit',
  ]);
  const icon = await readFile(path.join(root, mac.icon));
  expect([icon.toString('latin1', 0, 4), icon.readUInt32BE(4)]).toEqual(['icns', icon.length]);
  // Each block tells its length; the last one is the picture of 1024 pixels.
  const blocks: Record<string, number> = {};
  for (let at = 8; at < icon.length; at += icon.readUInt32BE(at + 4))
    blocks[icon.toString('latin1', at, at + 4)] = icon.readUInt32BE(at + 8 + 16);
  expect(blocks).toMatchObject({
    ic07: 128,
    ic08: 256,
    ic09: 512,
    ic10: 1024,
    ic11: 32,
    ic13: 256,
    ic14: 512,
  });
});

test('Windows gets an icon of every size it shows', async () => {
  const { win, nsis } = await configuration();
  expect(nsis).toMatchObject({ perMachine: false });
  const icon = await readFile(path.join(root, win.icon));
  const sizes = Array.from({ length: icon.readUInt16LE(4) }, (_, at) => icon.readUInt8(6 + 16 * at) || 256);
  expect(sizes).toEqual([16, 32, 48, 64, 128, 256]);
});

test('nothing is packed without the program that the lock file names', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hook-'));
  try {
    const lockFile = path.join(root, 'resources', 'cloudflared.lock.json');
    const prepare = (platform: string, arch: string) =>
      preparePrograms({ platform, arch, lockFile, vendor: folder, executables: folder });
    await expect(prepare('linux', 'x64')).rejects.toThrow(
      `${folder}/cloudflared/linux-x64/cloudflared is missing. Run \`npm run vendor -- --only linux-x64\`.`,
    );
    await expect(prepare('linux', 'ia32')).rejects.toThrow('No package is made for linux ia32');
    await expect(prepare('darwin', 'universal')).resolves.toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the hook that electron-builder.yml names is asked before anything is packed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hook-'));
  try {
    const config = await configuration();
    const project = path.join(folder, 'project');
    await cp(path.join(root, 'resources'), path.join(project, 'resources'), { recursive: true });
    await writeFile(path.join(project, 'package.json'), await readFile(path.join(root, 'package.json')));
    const packing = build({
      projectDir: project,
      targets: Platform.LINUX.createTarget('dir', Arch.x64),
      publish: 'never',
      config: {
        ...config,
        beforePack: path.join(root, config.beforePack),
        electronVersion: '45.4.1',
        directories: { ...config.directories, output: path.join(folder, 'dist') },
      },
    });
    await expect(packing).rejects.toThrow(/vendor\/cloudflared\/linux-x64\/cloudflared is missing/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
