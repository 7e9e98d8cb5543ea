import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createShownPaths } from '../../../main/cli/sandbox/shown-paths.ts';

let home: string;
const at = (...names: readonly string[]) => path.join(home, ...names);
beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'shown-')));
  for (const folder of ['.kube', '.ssh', '.local/state/k8s-tunnels/run', 'work/deep', 'tools'])
    await mkdir(at(folder), { recursive: true });
  await writeFile(at('work', 'kubeconfig.yaml'), '');
});
afterEach(() => rm(home, { recursive: true }));

const check = (most?: number, kubeconfig = at('elsewhere.yaml')) =>
  createShownPaths({ homes: [home], paths: [at('.kube'), at('.local/state/k8s-tunnels'), kubeconfig] }, most);

it('shows a folder of the home, under its own path', async () => {
  await symlink(at('work'), at('link'));
  expect(check().folder(at('link'))).toBe(at('work'));
  expect(check().named('tools', home)).toBe(at('tools'));
});

it.each([
  ['the home', () => home, 'contains your home folder'],
  ['what is above it', () => path.dirname(home), 'contains your home folder'],
  ['the root', () => '/', 'contains your home folder'],
  ['a hidden folder of the home', () => at('.ssh'), 'hidden folders of your home folder'],
  ['a folder of the system', () => '/etc', 'is in /etc'],
  ['a link to the home', () => at('work', 'home'), 'contains your home folder'],
])('refuses %s as the working folder', async (_, folder, why) => {
  await symlink(home, at('work', 'home'));
  expect(() => check().folder(folder())).toThrow(why);
});

it('refuses what contains a kubeconfig, or lies in a folder of the agent', () => {
  const kubeconfig = at('work', 'kubeconfig.yaml');
  expect(() => check(undefined, kubeconfig).folder(at('work'))).toThrow(`contains ${kubeconfig}`);
  expect(check(undefined, kubeconfig).folder(at('work', 'deep'))).toBe(at('work', 'deep'));
  expect(() => check().named('.local', home)).toThrow('contains');
  expect(() => check().named('.local/state/k8s-tunnels/run', home)).toThrow('is in');
  expect(() => check().named('.kube', home)).toThrow('has credentials');
  expect(() => check().named('missing', home)).toThrow('does not exist');
});

it('refuses a named pipe, and a folder too large to look through', async () => {
  expect(() => check(1).folder(at('work'))).toThrow('more than 1 files');
  execFileSync('mkfifo', [at('work', 'deep', 'pipe')]);
  expect(() => check().folder(at('work'))).toThrow(`${at('work', 'deep', 'pipe')} is a socket or a pipe`);
});
