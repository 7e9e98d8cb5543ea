import path from 'node:path';
import { expect, test } from 'vitest';
import { bench, seed, text } from './bench.ts';
import { entry } from './entry.ts';

const theirs = `apiVersion: v1
kind: Config
clusters:
- name: one
  cluster: {server: "https://one"}
contexts:
- name: one
  context: {cluster: one, user: u}
users:
- name: u
  user: {token: t}
`;

test('what kubectl passes over is reported, with file and line', async () => {
  const { root, kubeconfig, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  await seed(first, `${theirs}current-context: nowhere\n---\nclusters: []\n`);
  await seed(second, theirs.replace('kind: Config\n', 'kind: Config\n# mine\n'));
  const { warnings } = await kubeconfig.add(sourceOf(first, second), [entry('a')], {});
  expect(warnings).toEqual([
    expect.stringMatching(/first, line \d+: a second YAML document begins here/),
    expect.stringContaining(`${second}, line 5: kubectl does not use this cluster "one", because ${first}`),
    expect.stringContaining(`${second}, line 8: kubectl does not use this context "one", because ${first}`),
    expect.stringContaining(`${second}, line 11: kubectl does not use this user "u", because ${first}`),
    expect.stringMatching(/first, line \d+: the current context is "nowhere", which no file has/),
  ]);
  await kubeconfig.remove(sourceOf(first, second), ['a']);
  // Those who only look, or switch, learn the same.
  expect(await kubeconfig.oddities(sourceOf(first, second))).toEqual([
    expect.stringContaining(`${first}, line 14: a second YAML document begins here`),
    expect.stringContaining(`${second}, line 5: kubectl does not use this cluster "one"`),
    expect.stringContaining(`${second}, line 8: kubectl does not use this context "one"`),
    expect.stringContaining(`${second}, line 11: kubectl does not use this user "u"`),
    `${first}, line 12: the current context is "nowhere", which no file has.`,
  ]);
  expect(await kubeconfig.oddities(sourceOf(path.join(root, 'none')))).toEqual([]);
});

test('a copy of a file is reported by its first three names and the number of the others', async () => {
  const { root, kubeconfig, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  const names = ['one', 'two', 'three', 'four', 'five'];
  for (const file of [first, second])
    await seed(file, `clusters:\n${names.map((name) => `- name: ${name}\n`).join('')}`);
  expect(await kubeconfig.oddities(sourceOf(first, second))).toEqual([
    ...['one', 'two', 'three'].map((name) => expect.stringContaining(`does not use this cluster "${name}"`)),
    `${second}: kubectl does not use 2 more names that are in a file before it.`,
  ]);
});

test('UTF-16 as a second file is read and stops nothing', async () => {
  const { root, kubeconfig, sourceOf } = await bench();
  const [first, second] = [path.join(root, 'first'), path.join(root, 'second')];
  const wide = Buffer.from(`\ufeff${theirs}current-context: one\n`, 'utf16le');
  await seed(first, theirs.replaceAll('one', 'two'));
  await seed(second, wide);
  expect(await kubeconfig.current(sourceOf(first, second))).toMatchObject({ context: 'one', file: second });
  await kubeconfig.add(sourceOf(first, second), [entry('a')], { current: 'a' });
  await kubeconfig.remove(sourceOf(first, second), ['a']);
  expect(await text(first)).toBe(theirs.replaceAll('one', 'two'));
});
