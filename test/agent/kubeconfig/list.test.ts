import { readFileSync } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withId } from '../../../main/model/context-name.ts';
import { bench, kubectl, kubectlRun, listing, seed, text, view, withKubectl } from './bench.ts';
import { entry } from './entry.ts';

const others = `apiVersion: v1
kind: Config
clusters:
- name: one
  cluster: {server: "https://theirs"}
contexts:
- name: theirs
  context: {cluster: one, user: two-2}
users:
- name: two-2
  user: {token: abc}
current-context: theirs
`;

test('a name that somebody else has, in another file too, gets a suffix and is never overwritten', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  const source = sourceOf(first, second);
  await seed(first, 'users:\n- name: two\n  user: {token: abc}\n');
  await seed(second, others);
  const { contexts, file } = await kubeconfig.add(source, [entry('one'), entry('two'), entry('three')], {});
  expect(file).toBe(first);
  expect(Object.fromEntries(contexts)).toEqual({
    one: withId('one', 'one'),
    two: withId('two', 'two'),
    three: 'three',
  });
  const same = await kubeconfig.add(source, [entry('four', { name: 'one' }), entry('one')], {});
  const four = withId('one', 'four');
  expect(Object.fromEntries(same.contexts)).toEqual({ one: withId('one', 'one'), four });
  expect(await kubeconfig.entry(source, 'four')).toEqual({ file: first, name: four });
  expect(await kubeconfig.entry(source, 'theirs')).toBeUndefined();
  expect(await text(second)).toBe(others);
  if (kubectl !== undefined) {
    const seen = await view(source.kubeconfig ?? '');
    expect(seen.clusters.find(({ name }) => name === 'one')?.cluster.server).toBe('https://theirs');
    expect(seen.clusters.find(({ name }) => name === withId('one', 'one'))?.cluster.server).toBe(
      'https://one.example:6443',
    );
  }
  await kubeconfig.remove(source, ['one', 'two', 'three', 'four']);
  expect(await kubeconfig.entry(source, 'four')).toBeUndefined();
  expect(await text(first)).toBe('users:\n- name: two\n  user: {token: abc}\n');
});

test('an entry that is added again is updated in place, and twice the same writes nothing', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
  const first = await text(config);
  const inode = (await stat(config)).ino;
  await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
  expect((await stat(config)).ino).toBe(inode);
  await kubeconfig.add(source, [entry('a', { cluster: { server: 'https://moved' } })], {});
  const second = await text(config);
  expect(second).toContain('"https://moved"');
  expect(second).not.toContain('https://a.example');
  await kubeconfig.add(source, [entry('a')], {});
  expect(await text(config)).toBe(first);
});

test('empty, repeated and aliased entries of KUBECONFIG count once and are warned of', async () => {
  const { kubeconfig, root, config, sourceOf } = await bench();
  await seed(config, others);
  await symlink(config, path.join(root, 'linked'));
  const source = sourceOf('', './config', config, 'linked', '');
  const { file, warnings } = await kubeconfig.add(source, [entry('mine')], { current: 'mine' });
  expect(file).toBe(config);
  expect(warnings.filter((warning) => warning.includes('empty entry'))).toHaveLength(2);
  expect(warnings.filter((warning) => warning.includes('twice'))).toHaveLength(2);
  expect((await text(config)).match(/name: "mine"/g)).toHaveLength(3);
  await kubeconfig.remove(source, ['mine']);
  expect(await text(config)).toBe(others);
});

test('KUBECONFIG with separators only names no file', async () => {
  const { kubeconfig, sourceOf } = await bench();
  await expect(kubeconfig.add(sourceOf('', ''), [entry('a')], {})).rejects.toMatchObject({
    code: 'bad-input',
  });
});

describe('a name that a shell would have replaced', () => {
  test.each([
    ['~/.kube/config', 'a ~ that'],
    ['"/home/ada/.kube/config"', 'quotes'],
    ["'config'", 'quotes'],
    ['$HOME/.kube/config', 'a variable'],
    ['%USERPROFILE%\\.kube\\config', 'a variable'],
    ['\u202a/home/ada/.kube/config', '<U+202A>/home'],
    ['config ', 'a space'],
  ])('is refused as a new file, and no folder is made of it: %j', async (name, says) => {
    const { kubeconfig, root, sourceOf } = await bench();
    const source = sourceOf(name);
    const refused = { code: 'bad-input', message: expect.stringContaining(says) };
    await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject(refused);
    await expect(kubeconfig.preview(source, [entry('a')], {})).rejects.toMatchObject(refused);
    await expect(kubeconfig.switchForeign(source, 'x')).rejects.toMatchObject(refused);
    expect((await kubeconfig.current(source)).context).toBeUndefined();
    expect(await readdir(root)).toEqual([]);
  });

  test('is used where a file has it, and warned of beside one that exists', async () => {
    const { kubeconfig, root, config, sourceOf } = await bench();
    await mkdir(path.join(root, '~'));
    await seed(path.join(root, '~', 'config'), others);
    expect((await kubeconfig.add(sourceOf('~/config'), [entry('a')], {})).warnings).toEqual([]);
    await seed(config, others);
    const { warnings } = await kubeconfig.add(sourceOf(config, '~/other'), [entry('b')], {});
    expect(warnings).toContainEqual(expect.stringContaining('does not exist, ~/other, with a ~'));
  });
});

test('where all files are missing the last is made, 0600, with its folder, and all is taken away again', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  const last = path.join(root, 'new', 'deep', 'config');
  const source = sourceOf(path.join(root, 'missing'), last);
  const { file } = await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
  expect(file).toBe(last);
  expect((await stat(last)).mode & 0o777).toBe(0o600);
  expect((await stat(path.dirname(last))).mode & 0o777).toBe(0o700);
  if (kubectl !== undefined) expect((await view(last))['current-context']).toBe('a');
  await kubeconfig.remove(source, ['a']);
  expect(await listing(path.dirname(last))).toEqual(['config']);
  await kubeconfig.remove(source, ['b']);
  expect(await listing(root)).toEqual(['state']);
});

test('without KUBECONFIG ~/.kube/config is made and taken away, but not a folder somebody else uses by then', async () => {
  const { kubeconfig, root } = await bench();
  const source = { kubeconfig: undefined, cwd: root, home: path.join(root, 'home') };
  await mkdir(source.home);
  await kubeconfig.add(source, [entry('a')], {});
  await mkdir(path.join(source.home, '.kube', 'cache'));
  await kubeconfig.remove(source, ['a']);
  expect(await listing(path.join(source.home, '.kube'))).toEqual(['cache']);
});

test('a file that we made and somebody else wrote to stays', async () => {
  const { kubeconfig, config, source } = await bench();
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  await seed(config, `${await text(config)}# mine now\n`);
  await kubeconfig.remove(source, ['a']);
  expect(await text(config)).toBe('apiVersion: v1\nkind: Config\n# mine now\n');
});

test('a current-context in the second file stays there: the first file gets one of ours, and loses it again', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  const source = sourceOf(first, second);
  await seed(first, 'kind: Config');
  await seed(second, others);
  expect(await kubeconfig.current(source)).toEqual({ context: 'theirs', id: undefined, file: second });
  await kubeconfig.add(source, [entry('mine')], { current: 'mine' });
  expect(await kubeconfig.current(source)).toEqual({ context: 'mine', id: 'mine', file: first });
  if (kubectl !== undefined) expect((await view(source.kubeconfig ?? ''))['current-context']).toBe('mine');
  const { removed, currentContext } = await kubeconfig.remove(source, ['mine']);
  expect({ removed, currentContext }).toEqual({ removed: ['mine'], currentContext: 'theirs' });
  expect(await text(first)).toBe('kind: Config');
  expect(await text(second)).toBe(others);
});

test('a context in a later file is made current in the first, as kubectl does', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  await seed(second, others);
  await kubeconfig.add(sourceOf(second), [entry('mine')], {});
  await seed(first, 'kind: Config\ncurrent-context: ""\n');
  const source = sourceOf(first, second);
  expect(await kubeconfig.use(source, 'mine')).toEqual({ context: 'mine' });
  expect(await kubeconfig.current(source)).toEqual({ context: 'mine', id: 'mine', file: first });
  await kubeconfig.remove(source, ['mine']);
  expect(await text(first)).toBe('kind: Config\ncurrent-context: ""\n');
  expect(await text(second)).toBe(others);
});

test('current-context goes back to the one of ours before, and past those that are gone to what was there', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a'), entry('b'), entry('c')], { current: 'a' });
  await kubeconfig.use(source, 'b');
  await kubeconfig.use(source, 'c');
  expect((await kubeconfig.remove(source, ['b'])).currentContext).toBe('c');
  expect((await kubeconfig.remove(source, ['c'])).currentContext).toBe('a');
  expect((await kubeconfig.remove(source, ['a'])).currentContext).toBe('theirs');
  expect(await text(config)).toBe(others);
});

test('use of an id that stands nowhere is an error and writes nothing', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await expect(kubeconfig.use(source, 'gone')).rejects.toMatchObject({ code: 'not-found' });
  expect(await text(config)).toBe(others);
});

withKubectl('a context that the person switched to meanwhile is left alone', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
  await kubectlRun(config, 'config', 'use-context', 'theirs');
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'theirs', id: undefined });
  await kubeconfig.add(source, [entry('c')], {});
  expect((await view(config))['current-context']).toBe('theirs');
  await kubectlRun(config, 'config', 'set', 'current-context', 'elsewhere');
  expect((await kubeconfig.remove(source, ['a', 'b', 'c'])).currentContext).toBe('elsewhere');
});

withKubectl('a switch by kubectl to another context of ours still ends in what was before us', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a'), entry('b')], { current: 'a' });
  await kubectlRun(config, 'config', 'use-context', 'b');
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'b', id: 'b' });
  expect((await kubeconfig.remove(source, ['b'])).currentContext).toBe('a');
  expect((await kubeconfig.remove(source, ['a'])).currentContext).toBe('theirs');
});

test('a symbolic link survives, and both its lock and that of its target are taken', async () => {
  const { root, open, sourceOf } = await bench();
  const kubeconfig = open({ lockTimeoutMs: 50 });
  await mkdir(path.join(root, 'real'));
  await mkdir(path.join(root, 'kube'));
  const real = path.join(root, 'real', 'config');
  const given = path.join(root, 'kube', 'config');
  await seed(real, others);
  await symlink('../real/config', given);
  const source = sourceOf(given);
  await kubeconfig.add(source, [entry('a')], {});
  expect(await readlink(given)).toBe('../real/config');
  expect(await text(real)).toContain('"k8s-tunnels"');
  for (const lock of [`${given}.lock`, `${real}.lock`]) {
    await writeFile(lock, '', { mode: 0o000 });
    expect(await kubeconfig.remove(source, ['a'])).toMatchObject({
      removed: [],
      failures: [{ code: 'kubeconfig-locked', message: expect.stringContaining(lock) }],
    });
    await chmod(lock, 0o600);
    await unlink(lock);
  }
  await kubeconfig.remove(source, ['a']);
  expect(await text(real)).toBe(others);
  expect([await listing(path.dirname(given)), await listing(path.dirname(real))]).toEqual([
    ['config'],
    ['config'],
  ]);
});

test('a dangling link gets its target, which is taken away again while the link stays', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  const given = path.join(root, 'config');
  await symlink('gone/for/now', given);
  const source = sourceOf(given);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'a', id: 'a' });
  expect((await lstat(given)).isSymbolicLink()).toBe(true);
  expect(await text(path.join(root, 'gone', 'for', 'now'))).toContain('"a"');
  await kubeconfig.remove(source, ['a']);
  expect(await listing(root)).toEqual(['config', 'state']);
  expect(await readlink(given)).toBe('gone/for/now');
});

test('a link to its own folder does not make the writer wait for its own lock', async () => {
  const { kubeconfig, root, sourceOf } = await bench();
  await mkdir(path.join(root, 'real'));
  await symlink('real', path.join(root, 'kube'));
  const source = sourceOf(path.join(root, 'kube', 'config'));
  await kubeconfig.add(source, [entry('a')], {});
  expect(await listing(path.join(root, 'real'))).toEqual(['config']);
});

test('links that form a loop are an error', async () => {
  const { kubeconfig, config, source } = await bench();
  await symlink('config', config);
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-unreadable',
    message: expect.stringContaining('its symbolic links form a loop'),
  });
});

test('mode 0644 is kept and warned of', async () => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, others);
  await chmod(config, 0o644);
  const { warnings } = await kubeconfig.add(source, [entry('a')], {});
  expect(warnings).toEqual([expect.stringContaining('0644')]);
  expect((await stat(config)).mode & 0o777).toBe(0o644);
});

test('the warning of a file that others can read comes before a password is in it', async () => {
  const { open, config, source } = await bench();
  await seed(config, others);
  await chmod(config, 0o644);
  const said: { warning: string; held: string }[] = [];
  const onExposed = (warning: string) => said.push({ warning, held: readFileSync(config, 'utf8') });
  const kubeconfig = open({ onExposed });
  await kubeconfig.add(source, [entry('a')], {});
  expect(said).toEqual([{ warning: expect.stringMatching(/0644.*Run: chmod 600 /), held: others }]);
  expect(await text(config)).toContain('proxy-url');
  // What is there already is not written again, and nobody is warned before nothing happens.
  await kubeconfig.add(source, [entry('a')], {});
  expect(said).toHaveLength(1);
  await kubeconfig.remove(source, ['a']);
  expect(said).toHaveLength(1);
});

test('a hard link stays one: written in place, warned of, with a backup', async () => {
  const { kubeconfig, root, state, config, source } = await bench();
  await seed(config, others);
  await link(config, path.join(root, 'twin'));
  const { warnings } = await kubeconfig.add(source, [entry('a')], {});
  expect(warnings).toEqual([expect.stringContaining('hard link')]);
  expect(await text(path.join(root, 'twin'))).toBe(await text(config));
  const [backup = ''] = await listing(path.join(state, 'backups'));
  expect(await text(path.join(state, 'backups', backup))).toBe(others);
  await kubeconfig.remove(source, ['a']);
  expect(await text(path.join(root, 'twin'))).toBe(others);
});

test('backups hold the original bytes, 0600, the last ten of them', async () => {
  const { kubeconfig, state, config, source } = await bench();
  for (let round = 0; round < 12; round += 1) {
    await seed(config, `# round ${round}\n${others}`);
    await kubeconfig.add(source, [entry('a')], {});
    await kubeconfig.remove(source, ['a']);
  }
  const folder = path.join(state, 'backups');
  const names = await listing(folder);
  expect(names).toHaveLength(10);
  const contents = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  expect(contents.map((content) => content.split('\n')[0])).toEqual(
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((round) => `# round ${round}`),
  );
  for (const name of names) expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
  expect(await listing(state)).toEqual(['backups', 'history', 'journal.json', 'owner.json']);
  expect((await stat(path.join(state, 'journal.json'))).mode & 0o777).toBe(0o600);
});

test('a folder in KUBECONFIG is named as one, with a file that may be meant', async () => {
  const { kubeconfig, root, config, sourceOf } = await bench();
  await mkdir(path.join(root, '.kube'));
  await seed(config, others);
  for (const source of [sourceOf('.kube'), sourceOf(config, '.kube')])
    await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
      code: 'kubeconfig-unreadable',
      message: `${path.join(root, '.kube')} is a folder, and kubectl reads only files.`,
      hint: expect.stringContaining(path.join(root, '.kube', 'config')),
    });
  expect(await text(config)).toBe(others);
});

test.each([
  [
    'clusters:\n\t- name: a\n',
    'line 2: this is not valid YAML: there is a tab, where only spaces may indent',
  ],
  ['clusters:\n- name: @a\n', 'line 2: this is not valid YAML: a value cannot begin with @ here'],
])('what cannot begin a value is named: %j', async (content, says) => {
  const { kubeconfig, config, source } = await bench();
  await seed(config, content);
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-invalid',
    message: expect.stringContaining(says),
  });
});

test('a device in KUBECONFIG is read as empty and never replaced', async () => {
  const { kubeconfig, config, sourceOf } = await bench();
  await seed(config, others);
  const source = sourceOf('/dev/null', config);
  expect(await kubeconfig.current(source)).toMatchObject({ context: 'theirs' });
  await expect(kubeconfig.add(source, [entry('a')], {})).rejects.toMatchObject({
    code: 'kubeconfig-unsupported',
  });
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  await kubeconfig.add(sourceOf(config, '/dev/null'), [entry('a')], {});
  expect((await kubeconfig.remove(source, ['a'])).removed).toEqual(['a']);
  expect(await text(config)).toBe(others);
});

test('a source that leads nowhere any more does not keep our entries in the files we wrote', async () => {
  const { kubeconfig, config, source, sourceOf } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a')], { current: 'a' });
  const { removed, warnings } = await kubeconfig.remove(sourceOf('', ''), ['a']);
  expect({ removed, warnings }).toEqual({ removed: ['a'], warnings: ['KUBECONFIG names no file.'] });
  expect(await text(config)).toBe(others);
});

test.each([
  ['deleted', (_: string) => ''],
  ['emptied', (list: string) => `${list}:\n`],
])('ours are removed where somebody has %s a whole list', async (_, instead) => {
  for (const list of ['clusters', 'contexts', 'users']) {
    const { kubeconfig, config, source } = await bench();
    await seed(config, others);
    await kubeconfig.add(source, [entry('a')], {});
    const without = new RegExp(`^${list}:\\n(?:[ -].*\\n)+`, 'm');
    const left = await text(config);
    expect(left).toMatch(without);
    await seed(config, left.replace(without, instead(list)));
    expect(await kubeconfig.remove(source, ['a'])).toMatchObject({ removed: ['a'], failures: [] });
    expect(await text(config)).toBe(others.replace(without, instead(list)));
  }
});

test('ours are removed from a copy of the file that we wrote', async () => {
  const { kubeconfig, root, config, source, sourceOf } = await bench();
  await seed(config, others);
  await kubeconfig.add(source, [entry('a')], {});
  const copy = path.join(root, 'copy');
  await seed(copy, await text(config));
  expect(await kubeconfig.remove(sourceOf(copy), ['a'])).toMatchObject({ removed: ['a'], failures: [] });
  for (const file of [config, copy]) expect(parse(await text(file)).contexts).toHaveLength(1);
});

test('ids that stand nowhere are removed without a write, and without a file', async () => {
  const { kubeconfig, root, config, source } = await bench();
  expect(await kubeconfig.remove(source, ['a'])).toEqual({
    removed: [],
    currentContext: undefined,
    warnings: [],
    failures: [],
  });
  await seed(config, others);
  expect(await kubeconfig.remove(source, ['a'])).toEqual({
    removed: [],
    currentContext: 'theirs',
    warnings: [],
    failures: [],
  });
  expect(await listing(root)).toEqual(['config']);
});

describe('an entry that was written under another name', () => {
  const old = entry('a', { name: "x'; touch P; echo '" });
  const now = entry('a', { name: 'x-touch-P-echo' });
  const namesIn = (file: string) =>
    text(file).then((content) => {
      const { contexts, clusters, users, 'current-context': current } = parse(content);
      return [contexts, clusters, users]
        .map((list) => list.map(({ name }: { name: string }) => name))
        .concat(current);
    });

  test('gets its new name with the next connect, and the current context follows', async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, others);
    await kubeconfig.add(source, [old], { current: 'a' });
    expect((await kubeconfig.current(source)).context).toBe(old.name);
    expect(Object.fromEntries((await kubeconfig.add(source, [now], {})).contexts)).toEqual({ a: now.name });
    expect(await namesIn(config)).toEqual([
      ['theirs', now.name],
      ['one', now.name],
      ['two-2', now.name],
      now.name,
    ]);
    expect(await kubeconfig.current(source)).toMatchObject({ context: now.name, id: 'a' });
    await kubeconfig.remove(source, ['a']);
    expect(await text(config)).toBe(others);
  });

  test('also where others have written the file since', async () => {
    const { kubeconfig, config, source } = await bench();
    await seed(config, others);
    await kubeconfig.add(source, [old], { current: 'a' });
    await writeFile(config, `# a note\n${await text(config)}`);
    await kubeconfig.add(source, [now], {});
    expect(await namesIn(config)).toEqual([
      ['theirs', now.name],
      ['one', now.name],
      ['two-2', now.name],
      now.name,
    ]);
    await kubeconfig.remove(source, ['a']);
    expect(await text(config)).toBe(`# a note\n${others}`);
  });

  test('also where the current context is told in another file than the entry', async () => {
    const { kubeconfig, root, sourceOf } = await bench();
    const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
    await seed(first, 'apiVersion: v1\nkind: Config\n');
    await seed(second, others);
    await kubeconfig.add(sourceOf(second), [old], {});
    const source = sourceOf(first, second);
    await kubeconfig.use(source, 'a');
    expect(await kubeconfig.current(source)).toMatchObject({ context: old.name, id: 'a', file: first });
    await kubeconfig.add(sourceOf(second), [now], {});
    await kubeconfig.add(source, [now], {});
    expect(await kubeconfig.current(source)).toMatchObject({ context: now.name, id: 'a' });
  });
});
