import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderOnDisk } from '../../../main/agent/storage/folder-on-disk.ts';
import { nameOnDisk, pathKey } from '../../../main/agent/storage/path-spelling.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'spelling-')));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test.each(['win32', 'darwin'] as const)('on %s one file has one key', (platform) => {
  expect(pathKey('C:\\Users\\Ada\\Config', platform)).toBe(pathKey('c:\\USERS\\ada\\CONFIG', platform));
  expect(pathKey('/Users/Zoé'.normalize('NFD'), platform)).toBe(pathKey('/users/zoé', platform));
});

test('elsewhere names that differ are files that differ', () => {
  expect(pathKey('/home/ada/Config', 'linux')).not.toBe(pathKey('/home/ada/config', 'linux'));
});

test('a link has the name that its folder spells', async () => {
  await writeFile(path.join(folder, 'target'), '');
  await symlink('target', path.join(folder, 'Link'));
  for (const platform of ['win32', 'darwin', 'linux'] as const)
    expect(await nameOnDisk(folder, 'Link', platform)).toBe('Link');
  expect(await nameOnDisk(folder, 'missing', 'win32')).toBe('missing');
});

test('a folder is spelled by the disk, as far as it exists', () => {
  const onDisk = (given: string) => {
    if (given.toLowerCase() === '/users/ada') return '/Users/Ada';
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
  };
  const spelled = ['/users/ADA/state', '/Users/Ada/state'].map((one) => folderOnDisk(one, onDisk));
  expect(spelled).toEqual(['/Users/Ada/state', '/Users/Ada/state']);
  expect(folderOnDisk('/nowhere/at/all', onDisk)).toBe('/nowhere/at/all');
  const denied = () => {
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  };
  expect(folderOnDisk('/private/state', denied)).toBe('/private/state');
});
