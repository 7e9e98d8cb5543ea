import { execFileSync } from 'node:child_process';
import { chmod, chown, link, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOrganisationFiles, fileFolders } from '../../../main/agent/organisation/organisation-files.ts';

let root: string;
let system: string;
let own: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'organisation-files-')));
  system = path.join(root, 'system');
  own = path.join(root, 'own');
  await mkdir(system, { mode: 0o755 });
  await mkdir(own, { mode: 0o700 });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const user = process.getuid?.() ?? 0;
/** As an administrator of a computer whose administrators are root and whoever runs the test. */
const read = (file: string, administrators = [0, user]) =>
  createOrganisationFiles({ system: [system], own }, { administrators, user }).read(file, 'jwtFile');
const put = async (file: string, text = 'secret') => {
  await writeFile(file, text, { mode: 0o600 });
  return file;
};
const refused = (words: string | RegExp) => ({
  code: 'organisation-refused',
  message: expect.stringMatching(words),
  hint: expect.stringMatching(/./),
});

describe('the folders', () => {
  it.each<[NodeJS.Platform, readonly string[]]>([
    [
      'linux',
      [
        '/etc/k8s-tunnels',
        '/run/secrets/k8s-tunnels',
        '/run/secrets/kubernetes.io',
        '/var/run/secrets/k8s-tunnels',
        '/var/run/secrets/kubernetes.io',
      ],
    ],
    ['darwin', ['/Library/Application Support/k8s-tunnels', '/etc/k8s-tunnels']],
    ['win32', ['D:\\Data\\k8s-tunnels']],
  ])('of %s', (platform, folders) => {
    const config = path.join('/home', 'ada', '.config', 'k8s-tunnels');
    expect(fileFolders({ env: { ProgramData: 'D:\\Data' }, config }, platform)).toEqual({
      system: folders,
      own: path.join(config, 'organisation-files'),
    });
  });
});

describe('a file is read', () => {
  it('below a folder of the system, and below the folder of the user', async () => {
    await mkdir(path.join(system, 'deep'));
    for (const file of [path.join(system, 'deep', 'a'), path.join(own, 'a')])
      expect((await read(await put(file)))?.toString()).toBe('secret');
  });

  it('as nothing where it is not there, in any folder', async () => {
    for (const file of [path.join(system, 'a'), path.join(own, 'a', 'b'), path.join(root, 'none')])
      expect(await read(file)).toBeUndefined();
  });

  it('as Kubernetes mounts it: by links within a sticky folder', async () => {
    const mount = path.join(system, 'serviceaccount');
    await mkdir(path.join(mount, '..2026'), { recursive: true });
    await chmod(mount, 0o1777);
    await put(path.join(mount, '..2026', 'token'));
    await symlink('..2026', path.join(mount, '..data'));
    await symlink('..data/token', path.join(mount, 'token'));
    expect((await read(path.join(mount, 'token')))?.toString()).toBe('secret');
  });
});

describe('a file is refused, with its name and the fix, that', () => {
  it('lies elsewhere, also by dots and beside a folder of the same beginning', async () => {
    const token = await put(path.join(root, 'org-token'));
    await mkdir(`${system}-other`);
    const beside = await put(path.join(`${system}-other`, 'a'));
    for (const file of [token, beside, `${system}/../org-token`, `${own}/../org-token`]) {
      await expect(read(file)).rejects.toMatchObject({
        code: 'organisation-refused',
        message: `${file} (jwtFile of your organisation's configuration) is not used: it lies outside of the folders for such files.`,
        hint: `Put the file below ${system} as an administrator, or into ${own} (chmod 700), and name it there.`,
      });
    }
  });

  it('a link in a folder leads to', async () => {
    const token = await put(path.join(root, 'org-token'));
    await mkdir(path.join(root, '.cloudflared'), { mode: 0o700 });
    await put(path.join(root, '.cloudflared', 'org-token'));
    for (const folder of [system, own]) {
      await symlink(token, path.join(folder, 'file'));
      await symlink(path.join(root, '.cloudflared'), path.join(folder, 'folder'));
      for (const name of ['file', 'folder/org-token'])
        await expect(read(path.join(folder, name))).rejects.toMatchObject(refused('outside'));
    }
  });

  it('the folder of the user itself leads to by a link', async () => {
    await mkdir(path.join(root, '.cloudflared'), { mode: 0o700 });
    await put(path.join(root, '.cloudflared', 'org-token'));
    await rm(own, { recursive: true });
    await symlink(path.join(root, '.cloudflared'), own);
    await expect(read(path.join(own, 'org-token'))).rejects.toMatchObject(refused('outside'));
  });

  it('has a second name', async () => {
    const token = await put(path.join(root, 'org-token'));
    await link(token, path.join(own, 'a'));
    await expect(read(path.join(own, 'a'))).rejects.toMatchObject(refused('second name'));
  });

  it.each([0o620, 0o602])('others can write to (%o)', async (mode) => {
    for (const folder of [system, own]) {
      await chmod(await put(path.join(folder, 'a')), mode);
      await expect(read(path.join(folder, 'a'))).rejects.toMatchObject(
        refused('other users can write to it'),
      );
    }
  });

  it.each([0o770, 0o777])('lies below a folder that others can write to (%o)', async (mode) => {
    await mkdir(path.join(system, 'deep'));
    await put(path.join(system, 'deep', 'a'));
    await chmod(path.join(system, 'deep'), mode);
    const deep = { ...refused(`${system}/deep`), hint: `Make it so: chmod go-w ${system}/deep` };
    await expect(read(path.join(system, 'deep', 'a'))).rejects.toMatchObject(deep);
    await chmod(path.join(system, 'deep'), 0o755);
    // The parent of the folder itself.
    await chmod(root, 0o777);
    await put(path.join(own, 'a'));
    for (const folder of ['system/deep', 'own'])
      await expect(read(path.join(root, folder, 'a'))).rejects.toMatchObject(
        refused(`other users can write to ${root}\\.`),
      );
  });

  it.each([0o750, 0o705])(
    'lies in the folder of the user while that is open to others (%o)',
    async (mode) => {
      await put(path.join(own, 'a'));
      await chmod(own, mode);
      await expect(read(path.join(own, 'a'))).rejects.toMatchObject({
        ...refused(`${own} is open to other users`),
        hint: `Close it: chmod 700 ${own}`,
      });
    },
  );

  it('lies in a folder of the system that does not belong to an administrator', async () => {
    await put(path.join(system, 'a'));
    await expect(read(path.join(system, 'a'), [12_345])).rejects.toMatchObject(
      refused('does not belong to root'),
    );
  });

  it.runIf(user === 0)('belongs to another user, or whose folder does', async () => {
    for (const folder of [system, own]) {
      const file = await put(path.join(folder, 'a'));
      await chown(file, 1234, 1234);
      await expect(read(file)).rejects.toMatchObject(refused('belongs to another user'));
      await chown(file, 0, 0);
      await chown(folder, 1234, 1234);
      await expect(read(file)).rejects.toMatchObject(refused(`${folder} does not belong to`));
    }
  });

  it('is a pipe, a folder, or endless', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path.join(own, 'pipe')]);
    await mkdir(path.join(own, 'folder'));
    await put(path.join(own, 'long'), 'x'.repeat(1024 * 1024 + 1));
    for (const name of ['pipe', 'folder', 'long'])
      await expect(read(path.join(own, name))).rejects.toMatchObject({ code: 'bad-input' });
    // A list of clusters may be longer than a secret.
    const files = createOrganisationFiles({ system: [], own });
    expect(await files.read(path.join(own, 'long'), 'sources.files', 2 * 1024 * 1024)).toHaveLength(
      1024 * 1024 + 1,
    );
  });
});
