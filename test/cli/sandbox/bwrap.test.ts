import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBwrap } from '../../../main/cli/sandbox/bwrap.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bwrap-'));
});
afterEach(() => rm(folder, { recursive: true }));

const find = (options: Partial<Parameters<typeof findBwrap>[0]> = {}) =>
  findBwrap({ env: { PATH: folder }, home: folder, platform: 'linux', ...options });

/** A bwrap that ends so. */
async function install(script: string): Promise<void> {
  const file = path.join(folder, 'bwrap');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

it.each(['darwin', 'win32'] as const)(
  'on %s it says that there is no sandbox, and names containers',
  async (platform) => {
    await expect(find({ platform })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('works on Linux only'),
      hint: expect.stringContaining('docs/containers.md'),
    });
  },
);

it('names the package where bwrap is missing', async () => {
  await expect(find()).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('apt install bubblewrap'),
  });
});

it('does not use a bwrap that other accounts can change', async () => {
  await install('exit 0');
  await chmod(path.join(folder, 'bwrap'), 0o777);
  await expect(find()).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('bwrap'),
  });
});

it.each([
  ['kernel/apparmor_restrict_unprivileged_userns', '1', 'bwrap-userns-restrict'],
  ['kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=1'],
  ['user/max_user_namespaces', '0', 'user.max_user_namespaces'],
  ['none', '', 'permission to make user namespaces'],
])('where user namespaces are forbidden by %s it says how to allow them', async (name, value, fix) => {
  await install('echo "bwrap: setting up uid map: Permission denied" >&2; exit 1');
  await expect(
    find({ setting: async (asked) => (asked === name ? value : undefined) }),
  ).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('setting up uid map: Permission denied'),
    hint: expect.stringContaining(fix),
  });
});

it('goes on with a version that cannot forbid user namespaces in the sandbox', async () => {
  await install('case "$*" in *--disable-userns*) exit 1;; esac');
  expect(await find()).toEqual({ file: path.join(folder, 'bwrap'), forbidsNamespaces: false });
  await install('exit 0');
  expect(await find()).toMatchObject({ forbidsNamespaces: true });
});
