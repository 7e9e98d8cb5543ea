import { execFileSync } from 'node:child_process';
import fs, { chmod, link, mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createAttributes } from '../../../main/agent/kubeconfig/attributes.ts';
import { backUp } from '../../../main/agent/kubeconfig/backups.ts';
import { bench, listing, reopen, seed, text } from './bench.ts';
import { entry } from './entry.ts';

const theirs = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';

/** Runs Python, which has functions for extended attributes. Undefined where there is none, or no attributes. */
function python(script: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync('python3', ['-c', script, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/** An access list that lets one more user read, in the form that Linux stores it (acl(5), posix_acl_xattr.h). */
const accessList =
  '02000000' +
  '01000600ffffffff' +
  '02000400e8030000' +
  '04000000ffffffff' +
  '10000400ffffffff' +
  '20000000ffffffff';

test.skipIf(process.platform !== 'linux')(
  'extended attributes and the access list are there after an edit',
  async ({ skip }) => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    const set = 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))';
    if (python(set, config, 'user.note', '6d696e65') === undefined) skip('no extended attributes here');
    const hasList = python(set, config, 'system.posix_acl_access', accessList) !== undefined;
    await kubeconfig.add(source, [entry('a')], {});
    const get = 'import os, sys; print(os.getxattr(sys.argv[1], sys.argv[2]).hex())';
    expect(python(get, config, 'user.note')?.trim()).toBe('6d696e65');
    if (hasList) expect(python(get, config, 'system.posix_acl_access')?.trim()).toBe(accessList);
    expect(await text(config)).toContain('k8s-tunnels');
    await kubeconfig.remove(source, ['a']);
    expect(python(get, config, 'user.note')?.trim()).toBe('6d696e65');
    expect(await text(config)).toBe(theirs);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a program is started for attributes only where a file may have some',
  async ({ skip }) => {
    const { root, config } = await bench();
    let programs = 0;
    const attributes = createAttributes(async (args) => {
      programs += 1;
      execFileSync('/bin/cp', [...args]);
      return true;
    });
    /** Replaces the file as an edit does. Resolves with the number of programs that this took. */
    const replace = async () => {
      const [before, temporary] = [programs, path.join(root, 'temporary')];
      const { handle, copied, isBare } = await attributes.createLike(
        { file: config, status: await stat(config) },
        temporary,
      );
      await handle.writeFile(theirs);
      await copied;
      await handle.close();
      await rename(temporary, config);
      attributes.replaced(config, await stat(config), isBare);
      return programs - before;
    };
    await seed(config, theirs);
    expect([await replace(), await replace()]).toEqual([1, 0]);
    // kubectl writes in place.
    await writeFile(config, `${theirs}# kubectl\n`);
    expect([await replace(), await replace()]).toEqual([0, 0]);
    // Its group may read it: whether by its mode or by a list, the mode does not say.
    await chmod(config, 0o640);
    expect([await replace(), await replace()]).toEqual([1, 1]);
    await chmod(config, 0o600);
    expect([await replace(), await replace()]).toEqual([1, 0]);
    // Another file has the name now.
    await seed(path.join(root, 'other'), theirs);
    await rename(path.join(root, 'other'), config);
    expect([await replace(), await replace()]).toEqual([1, 0]);
    const set = 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"mine")';
    if (python(set, config) === undefined) skip('no extended attributes here');
    // Seen by a reader before kubectl writes the file.
    attributes.seen(config, await stat(config));
    await writeFile(config, theirs);
    expect([await replace(), await replace()]).toEqual([2, 1]);
    expect(python('import os, sys; print(os.getxattr(sys.argv[1], "user.note").decode())', config)).toBe(
      'mine\n',
    );
  },
);

test.each([225, 250])('a file name of %s characters is edited, and has its backup', async (length) => {
  const { root, state, kubeconfig, sourceOf } = await bench();
  const config = path.join(root, 'c'.repeat(length));
  await seed(config, theirs);
  await kubeconfig.add(sourceOf(config), [entry('a')], {});
  expect(await listing(path.join(state, 'backups'))).toHaveLength(1);
  await kubeconfig.remove(sourceOf(config), ['a']);
  expect(await text(config)).toBe(theirs);
  expect(await listing(root)).toEqual([path.basename(config), 'state']);
});

test.each(['EINVAL', 'ENOTSUP'])(
  'a file system that cannot flush (%s) is written nevertheless',
  async (code) => {
    const { root, kubeconfig, config, source } = await bench();
    await seed(config, theirs);
    const handle = await fs.open(config, 'r');
    const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
    await handle.close();
    const { sync } = prototype;
    prototype.sync = async () => {
      throw Object.assign(new Error(code), { code });
    };
    onTestFinished(() => {
      prototype.sync = sync;
    });
    await kubeconfig.add(source, [entry('a')], {});
    await link(config, path.join(root, 'twin'));
    await kubeconfig.remove(source, ['a']);
    expect(await text(path.join(root, 'twin'))).toBe(theirs);
  },
);

test('a rename that the file system refuses for a mounted file (EXDEV) becomes a write in place', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  const { ino } = await stat(config);
  const { rename } = fs;
  fs.rename = async (from, to) => {
    if (to === config) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
    return rename(from, to);
  };
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs.rename = rename;
    syncBuiltinESMExports();
  });
  const { warnings } = await kubeconfig.add(source, [entry('a')], {});
  expect(warnings).toEqual([expect.stringContaining('in place')]);
  expect((await stat(config)).ino).toBe(ino);
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe(theirs);
});

test('backups of many files are bounded in number and age', async () => {
  const { root, state, sourceOf } = await bench();
  const backups = path.join(state, 'backups');
  await mkdir(backups, { recursive: true });
  for (let index = 0; index < 120; index += 1) await writeFile(path.join(backups, `old-${index}`), 'x');
  const long = new Date(Date.now() - 91 * 24 * 3_600_000);
  for (let index = 0; index < 30; index += 1) await utimes(path.join(backups, `old-${index}`), long, long);
  const config = path.join(root, 'config');
  await seed(config, theirs);
  await reopen(state).add(sourceOf(config), [entry('a')], {});
  const left = await readdir(backups);
  expect(left.filter((name) => name.startsWith('config-'))).toHaveLength(1);
  expect(left).toHaveLength(91);
  for (let index = 0; index < 30; index += 1) expect(left).not.toContain(`old-${index}`);
});

test('of backups made within one millisecond, or after the clock was set back, the newest sorts last', async () => {
  const { state: folder } = await bench();
  await mkdir(folder);
  const file = path.join(folder, 'config');
  const save = (content: string, now: number) =>
    backUp({ folder, file, bytes: Buffer.from(content), now, isFlushed: false });
  const saved = [await save('a', 2_000), await save('b', 2_000), await save('c', 1_000)];
  expect((await readdir(folder)).toSorted()).toEqual(saved.map((one) => path.basename(one)));
  expect(await Promise.all(saved.map(text))).toEqual(['a', 'b', 'c']);
  expect(await save('c', 3_000)).toBe(saved.at(-1));
});
