import { execFileSync } from 'node:child_process';
import { chmod, chown, link, mkdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processStart } from '../../../main/agent/processes/process-start.ts';
import { bench, child, listing, reopen, seed, text } from './bench.ts';
import { entry } from './entry.ts';

const theirs = `apiVersion: v1\nkind: Config\ncurrent-context: theirs\nclusters: []\n${'# padding\n'.repeat(1200)}`;
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Mounts something for the length of a test; false when this machine does not allow it. */
function mounted(...args: readonly string[]): boolean {
  const target = args.at(-1) ?? '';
  try {
    execFileSync('mount', [...args], { stdio: 'ignore' });
  } catch {
    return false;
  }
  onTestFinished(() => {
    execFileSync('umount', [target]);
  });
  return true;
}

test.each([
  ['before its lock is taken', 'before-lock'],
  ['between the temporary file and the rename', 'before-rename'],
] as const)('SIGKILL %s: the original is intact, and the next start cleans up', async (_, killAt) => {
  const { root, state, config, source, kubeconfig } = await bench();
  await seed(config, theirs);
  const { signal } = await child({ folder: state, source, id: 'a', killAt });
  expect(signal).toBe('SIGKILL');
  expect(await text(config)).toBe(theirs);
  expect(await kubeconfig.recover(new Set(['a']))).toEqual({ removed: [], kept: [], warnings: [] });
  expect(await listing(root)).toEqual(['config', 'state']);
  expect(await text(config)).toBe(theirs);
  await kubeconfig.add(source, [entry('b')], {});
  await kubeconfig.remove(source, ['b']);
  expect(await text(config)).toBe(theirs);
});

test('SIGKILL after the rename: the next start removes what is not to be kept, to the byte', async () => {
  const { root, state, config, source, kubeconfig } = await bench();
  await seed(config, theirs);
  expect((await child({ folder: state, source, id: 'a', killAt: 'after-rename' })).signal).toBe('SIGKILL');
  expect(await kubeconfig.current(source)).toMatchObject({ id: 'a' });
  const { removed, kept, warnings } = await kubeconfig.recover(new Set());
  expect({ removed, kept, warnings }).toEqual({ removed: ['a'], kept: [], warnings: [] });
  expect(await text(config)).toBe(theirs);
  expect(await listing(root)).toEqual(['config', 'state']);
});

test('SIGKILL after the rename: the next start keeps what is to be kept', async () => {
  const { state, config, source, kubeconfig } = await bench();
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('b')], {});
  expect((await child({ folder: state, source, id: 'a', killAt: 'after-rename' })).signal).toBe('SIGKILL');
  await kubeconfig.close();
  const { removed, kept } = await reopen(state).recover(new Set(['a']));
  expect({ removed, kept }).toEqual({ removed: ['b'], kept: ['a'] });
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'a', id: 'a' });
});

test('SIGKILL while the file and its folders are made: the next start takes the folders away', async () => {
  const { root, state, sourceOf, kubeconfig } = await bench();
  const source = sourceOf(path.join(root, 'new', 'folder', 'config'));
  expect((await child({ folder: state, source, id: 'a', killAt: 'before-rename' })).signal).toBe('SIGKILL');
  expect(await listing(path.join(root, 'new', 'folder'))).not.toEqual([]);
  await kubeconfig.recover(new Set());
  expect(await listing(root)).toEqual(['state']);
});

test.each([
  ['file', 0o444, 0o777],
  ['folder', 0o644, 0o555],
] as const)(
  'a read-only %s: a clear error, the file as it was, nothing left beside it',
  async (_, fileMode, folderMode) => {
    const { root, sourceOf } = await bench();
    await chmod(root, 0o755);
    const folder = path.join(root, 'kube');
    const config = path.join(folder, 'config');
    const state = path.join(root, 'theirs');
    await mkdir(folder);
    await mkdir(state);
    await seed(config, theirs);
    await chmod(config, fileMode);
    if (isRoot) for (const name of [config, folder, state]) await chown(name, nobody, nobody);
    await chmod(folder, folderMode);
    const task = { folder: state, source: sourceOf(config), id: 'a' };
    const { answer } = await child(isRoot ? { ...task, uid: nobody } : task);
    expect(answer).toMatchObject({ code: 'kubeconfig-unwritable', message: expect.stringContaining(folder) });
    expect(await text(config)).toBe(theirs);
    expect(await listing(folder)).toEqual(['config']);
    await chmod(folder, 0o755);
  },
);

test.runIf(isRoot)("another user's file keeps its owner and mode", async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, theirs);
  await chown(config, nobody, nobody);
  await chmod(config, 0o640);
  await kubeconfig.add(source, [entry('a')], {});
  const { uid, gid, mode } = await stat(config);
  expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: nobody, gid: nobody, mode: 0o640 });
});

test('a file that may not be read, or is a folder, is an error that names it', async () => {
  const { kubeconfig, config, source } = await bench();
  await mkdir(config);
  const expected = { code: 'kubeconfig-unreadable', message: expect.stringContaining(config) };
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject(expected);
  await expect(kubeconfig.current(source)).rejects.toMatchObject(expected);
});

test.for([
  ['no room for the lock', 0],
  ['room for the lock only', 4096],
] as const)(
  'a full disk, %s: the original intact, nothing left beside it, and it works once there is room',
  async ([, room], { skip }) => {
    const { root, kubeconfig, sourceOf } = await bench();
    const disk = path.join(root, 'disk');
    await mkdir(disk);
    const isMounted = mounted('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk);
    if (!isMounted) skip('no file system may be mounted here');
    const config = path.join(disk, 'config');
    await seed(config, theirs);
    const used = Math.ceil(theirs.length / 4096) * 4096;
    await writeFile(path.join(disk, 'filler'), Buffer.alloc(256 * 1024 - used - room));
    const attempt = kubeconfig.add(sourceOf(config), [entry('a')], {});
    await expect(attempt).rejects.toMatchObject({ code: 'disk-full', retryable: true });
    expect(await text(config)).toBe(theirs);
    expect(await listing(disk)).toEqual(['config', 'filler']);
    await writeFile(path.join(disk, 'filler'), '');
    await kubeconfig.add(sourceOf(config), [entry('a')], {});
    await kubeconfig.remove(sourceOf(config), ['a']);
    expect(await text(config)).toBe(theirs);
  },
);

test('a full disk while writing in place: the original is put back', async ({ skip }) => {
  const { root, kubeconfig, sourceOf } = await bench();
  const disk = path.join(root, 'disk');
  await mkdir(disk);
  const isMounted = mounted('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk);
  if (!isMounted) skip('no file system may be mounted here');
  const config = path.join(disk, 'config');
  const full = theirs.padEnd(4096 * 4, '#');
  await seed(config, full);
  await link(config, path.join(disk, 'twin'));
  await writeFile(path.join(disk, 'filler'), Buffer.alloc(256 * 1024 - 4096 * 4 - 4096));
  await expect(kubeconfig.add(sourceOf(config), [entry('a')], {})).rejects.toMatchObject({
    code: 'disk-full',
  });
  expect(await text(config)).toBe(full);
  expect(await listing(disk)).toEqual(['config', 'filler', 'twin']);
});

test('a file that is a mount of its own is written in place and warned of', async ({ skip }) => {
  const { root, config, source, kubeconfig } = await bench();
  const outside = path.join(root, 'outside');
  await seed(outside, theirs);
  await seed(config, '');
  const isMounted = mounted('--bind', outside, config);
  if (!isMounted) skip('no file may be mounted here');
  const { warnings } = await kubeconfig.add(source, [entry('a')], { current: 'a' });
  expect(warnings).toEqual([expect.stringContaining('in place')]);
  expect(await text(outside)).toContain('"k8s-tunnels"');
  await kubeconfig.remove(source, ['a']);
  expect(await text(outside)).toBe(theirs);
  expect(await listing(root)).toEqual(['config', 'outside', 'state']);
});

test("a killed kubectl's lock is named with its age and what to do, and is never removed", async () => {
  const { open, config, source, root } = await bench();
  const kubeconfig = open({ lockTimeoutMs: 50 });
  const lock = `${config}.lock`;
  await seed(config, theirs);
  await writeFile(lock, '', { mode: 0o000 });
  const young = kubeconfig.add(source, [entry('a')], {});
  await expect(young).rejects.toMatchObject({ code: 'kubeconfig-locked', retryable: true });
  const before = new Date(Date.now() - 120_000);
  await utimes(lock, before, before);
  const old = open().add(source, [entry('a')], {});
  await expect(old).rejects.toMatchObject({
    code: 'kubeconfig-locked',
    message: expect.stringMatching(/config\.lock has been held by another program for 12\d s/),
    hint: expect.stringContaining(`remove ${lock}`),
  });
  expect(await text(config)).toBe(theirs);
  expect(await listing(root)).toEqual(['config', 'config.lock']);
});

test.each([
  ['a link to nothing', (lock: string) => symlink(`${lock}.nothing`, lock)],
  ['a pipe that nobody writes to', (lock: string) => execFileSync('/usr/bin/mkfifo', [lock])],
])('%s in place of the lock is named, and left as it is', async (_, make) => {
  const { root, config, source, open } = await bench();
  const kubeconfig = open({ lockTimeoutMs: 50 });
  await seed(config, theirs);
  await make(`${config}.lock`);
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-locked',
    message: expect.stringContaining(`${config}.lock`),
  });
  expect(await text(config)).toBe(theirs);
  expect(await listing(root)).toContain('config.lock');
});

test('a lock of our own is broken when its process is gone, and kept while it runs', async () => {
  const { open, config, source } = await bench();
  const kubeconfig = open({ lockTimeoutMs: 50 });
  await seed(config, theirs);
  const body = { app: 'k8s-tunnels', pid: process.pid, startTime: 1 };
  await writeFile(`${config}.lock`, JSON.stringify(body));
  await kubeconfig.add(source, [entry('a')], {});
  await writeFile(`${config}.lock`, JSON.stringify({ ...body, startTime: processStart(process.pid) }));
  expect(await kubeconfig.remove(source, ['a'])).toMatchObject({
    removed: [],
    failures: [{ code: 'kubeconfig-locked', message: expect.stringContaining(`process ${process.pid}`) }],
  });
});

test('one broken file does not keep our entries in the others; recover warns and tries again', async () => {
  const { root, kubeconfig, state, sourceOf } = await bench();
  const [good, bad] = [path.join(root, 'good'), path.join(root, 'bad')];
  await seed(good, theirs);
  await seed(bad, theirs);
  await kubeconfig.add(sourceOf(bad), [entry('a')], {});
  await kubeconfig.add(sourceOf(good), [entry('a')], {});
  const written = await text(bad);
  await seed(bad, `${written}\t- broken: [\n`);
  // What is done is no failure because of what is not.
  expect(await kubeconfig.remove(sourceOf(good), ['a'])).toMatchObject({
    removed: ['a'],
    failures: [{ code: 'kubeconfig-invalid', message: expect.stringContaining(bad) }],
  });
  expect(await text(good)).toBe(theirs);
  await kubeconfig.close();
  const next = reopen(state);
  expect((await next.recover(new Set())).warnings).toEqual([expect.stringContaining(bad)]);
  await seed(bad, written);
  expect(await next.recover(new Set())).toEqual({ removed: ['a'], kept: [], warnings: [] });
  expect(await text(bad)).toBe(theirs);
});

test('an entry that others have moved onto the line of its list is not cut, and the file stays', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, 'kind: Config\n');
  await kubeconfig.add(source, [entry('a')], {});
  // A key that is marked by `?` is followed by its list on the line of the colon.
  const moved = (await text(config)).replace(
    /^clusters:\n((?:[- ].*\n)+)/m,
    (_, list: string) => `? clusters\n: ${list.trimEnd().replaceAll('\n', '\n  ')}\n`,
  );
  expect(moved).toContain('? clusters\n: - ');
  await seed(config, moved);
  expect(await kubeconfig.remove(source, ['a'])).toMatchObject({
    removed: [],
    failures: [{ code: 'kubeconfig-unsupported', message: expect.stringContaining(`${config}, line 3: `) }],
  });
  expect(await text(config)).toBe(moved);
});

test('a lost journal costs the exact bytes but no entry stays', async () => {
  const { kubeconfig, state, config, source } = await bench();
  await seed(config, theirs);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  await writeFile(path.join(state, 'journal.json'), '{"version": 1, "data": {"x": 1}}');
  await kubeconfig.close();
  const next = reopen(state);
  expect(await next.remove(source, ['a'])).toMatchObject({ removed: ['a'], currentContext: undefined });
  expect(await text(config)).toBe(
    theirs
      .replace('current-context: theirs', 'current-context: ""')
      .replace('clusters: []\n', 'clusters: []\ncontexts: []\nusers: []\n'),
  );
  expect(await listing(state)).toContain('journal.json.unreadable');
});
