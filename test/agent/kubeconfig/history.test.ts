import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { unifiedDiff } from '../../../main/agent/kubeconfig/unified-diff.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { kubeconfigOf } from '../connections/standing-tunnels.ts';
import { entry } from './entry.ts';

let home: string;
let file: string;
let kubeconfig: Kubeconfig;
const source = () => ({ kubeconfig: file, cwd: home, home });
const text = () => readFile(file, 'utf8').catch(() => undefined);

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'history-'));
  file = path.join(home, 'config');
  kubeconfig = createKubeconfig({
    folder: path.join(home, 'state'),
    clock: systemClock,
    logger: silentLogger,
  });
});
afterEach(async () => {
  await kubeconfig.close();
  await rm(home, { recursive: true });
});

test('lists what was changed, the latest first, in words', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  await kubeconfig.add(source(), [entry('a')], { current: 'a' });
  await kubeconfig.add(source(), [entry('b')], {});
  await kubeconfig.remove(source(), ['a']);
  expect(await kubeconfig.edits(source())).toMatchObject([
    { added: [], removed: ['a'], current: { from: 'a', to: 'mine' }, isUndone: false },
    { added: ['b'], removed: [], file },
    { added: ['a'], removed: [], current: { from: 'mine', to: 'a' } },
  ]);
  expect(await kubeconfig.edits({ ...source(), kubeconfig: path.join(home, 'another') })).toEqual([]);
});

test('undo restores the bytes, edit by edit, and what follows works', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  await kubeconfig.add(source(), [entry('a')], { current: 'a' });
  const withA = await text();
  await kubeconfig.add(source(), [entry('b')], { current: 'b' });
  expect(await kubeconfig.undo(source(), undefined)).toMatchObject({ removed: ['b'], added: [] });
  expect(await text()).toBe(withA);
  expect(await kubeconfig.undo(source(), undefined)).toMatchObject({ removed: ['a'] });
  expect(await text()).toBe(kubeconfigOf('mine'));
  await expect(kubeconfig.undo(source(), undefined)).rejects.toMatchObject({ code: 'not-found' });
  await kubeconfig.add(source(), [entry('c')], { current: 'c' });
  await kubeconfig.remove(source(), ['c']);
  expect(await text()).toBe(kubeconfigOf('mine'));
});

test('undo of a removal brings the entries back, which can be removed again', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  await kubeconfig.add(source(), [entry('a')], { current: 'a' });
  const before = await text();
  await kubeconfig.remove(source(), ['a']);
  expect(await kubeconfig.undo(source(), undefined)).toMatchObject({ removed: [], added: ['a'] });
  expect(await text()).toBe(before);
  await kubeconfig.remove(source(), ['a']);
  expect(await text()).toBe(kubeconfigOf('mine'));
});

test('undo of the first edit removes a file that it made', async () => {
  await kubeconfig.add(source(), [entry('a')], { current: 'a' });
  await kubeconfig.undo(source(), undefined);
  expect(await text()).toBeUndefined();
});

test('a file that changed since is left alone, with what to do', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  await kubeconfig.add(source(), [entry('a')], {});
  const changed = `${await text()}# by hand\n`;
  await writeFile(file, changed);
  await expect(kubeconfig.undo(source(), undefined)).rejects.toMatchObject({
    code: 'kubeconfig-conflict',
    message: expect.stringContaining(file),
    hint: expect.stringContaining('k8s-tunnels kubeconfig diff'),
  });
  expect(await text()).toBe(changed);
});

test('survives the agent, is readable by its user alone, and is bounded', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  for (let number = 0; number < 25; number += 1)
    await kubeconfig.add(source(), [entry('a', { namespace: `n${number}` })], {});
  const folder = path.join(home, 'state', 'history');
  for (const name of await readdir(folder))
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await kubeconfig.edits(source())).toHaveLength(20);
  expect((await readdir(folder)).length).toBeLessThanOrEqual(22);
  await kubeconfig.close();
  kubeconfig = createKubeconfig({
    folder: path.join(home, 'state'),
    clock: systemClock,
    logger: silentLogger,
  });
  const before = await text();
  await kubeconfig.undo(source(), undefined);
  expect(before).toContain('n24');
  expect(await text()).toContain('n23');
});

test('the preview of an addition writes nothing, and shows no password', async () => {
  await writeFile(file, kubeconfigOf('mine'));
  const { diff } = await kubeconfig.preview(source(), [entry('a')], { current: 'a' });
  expect(diff).toContain('-current-context: mine\n+current-context:');
  expect(diff).toContain('socks5://user:***@127.0.0.1:20123');
  expect(diff).not.toContain('secret');
  expect(await text()).toBe(kubeconfigOf('mine'));
  expect(await readdir(home)).toEqual(['config']);
  await kubeconfig.add(source(), [entry('a')], { current: 'a' });
  expect(await kubeconfig.diff(source(), undefined)).toBe(diff);
});

test('a diff shows three lines around a change, and changes that are near each other in one part', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const after = before.map((line, at) => (at === 5 || at === 10 ? `${line} now` : line));
  const diff = unifiedDiff({ name: 'config', before: before.join('\n'), after: after.join('\n') });
  const [, , ...shown] = diff.trimEnd().split('\n');
  expect(shown).toEqual([
    '@@ -3,12 +3,12 @@',
    ...[
      ' line 2',
      ' line 3',
      ' line 4',
      '-line 5',
      '+line 5 now',
      ' line 6',
      ' line 7',
      ' line 8',
      ' line 9',
    ],
    ...['-line 10', '+line 10 now', ' line 11', ' line 12', ' line 13'],
  ]);
});

test('a diff names the file on both sides, and /dev/null where there is none', () => {
  const heads = [
    ['a', 'b'],
    ['', 'b'],
    ['a', ''],
  ].map(([before = '', after = '']) =>
    unifiedDiff({ name: 'config', before, after }).split('\n').slice(0, 2),
  );
  expect(heads).toEqual([
    ['--- config', '+++ config'],
    ['--- /dev/null', '+++ config'],
    ['--- config', '+++ /dev/null'],
  ]);
});

test('a diff of texts with little in common shows one in place of the other', () => {
  const before = Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? `same ${at}` : `old ${at}`));
  const after = before.map((line, at) => (at % 2 === 0 && at < 398 ? line : `new ${at}`));
  const few = unifiedDiff({ name: 'config', before: before.join('\n'), after: after.join('\n') });
  expect(few).toContain(' same 2\n');
  const many = [before, after].map((lines) =>
    Array.from({ length: 3 }, (_, at) => lines.map((line) => `${line} ${at}`))
      .flat()
      .join('\n'),
  );
  const [old = '', now = ''] = many;
  const signs = unifiedDiff({ name: 'config', before: old, after: now })
    .trimEnd()
    .split('\n')
    .slice(3)
    .map((line) => line[0])
    .join('');
  expect(signs).toMatch(/^ *-{1000,}\+{1000,} *$/);
});

test('a diff is that of diff -u, and patch applies it', async (context) => {
  const patch = await execa('patch', ['--version'], { reject: false });
  context.skip(patch.exitCode !== 0, 'patch is not installed');
  const before = Array.from({ length: 60 }, (_, at) => `line ${at % 7} ${at}`);
  const after = before.flatMap((line, at) =>
    at === 3 || at === 40 ? [] : at === 20 ? [line, 'new', 'new 2'] : [line],
  );
  const texts = [before, after].map((lines) => `${lines.join('\n')}\n`) as [string, string];
  for (const [old = '', now = ''] of [texts, texts.toReversed(), ['', texts[0]], [texts[0], '']]) {
    const diff = unifiedDiff({ name: 'config', before: old, after: now });
    await writeFile(path.join(home, 'config'), old);
    await writeFile(path.join(home, 'change.diff'), diff);
    const { exitCode, stderr } = await execa(
      'patch',
      ['-p0', '-i', 'change.diff', 'config', '-o', 'patched'],
      {
        cwd: home,
        reject: false,
      },
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await readFile(path.join(home, 'patched'), 'utf8')).toBe(now);
  }
  expect(unifiedDiff({ name: 'config', before: 'same\n', after: 'same\n' })).toBe('');
});
