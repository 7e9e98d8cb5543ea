import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { repairSettingsFile } from '../../../main/agent/settings/settings-file.ts';
import { jsonFile } from '../../../main/agent/storage/json-file.ts';
import { asidesOf, setAside } from '../../../main/agent/storage/set-aside.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'set-aside-'));
  file = path.join(folder, 'data.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (name: string) => readFile(path.join(folder, name), 'utf8');

test('nothing that was set aside before is overwritten', async () => {
  for (const content of ['one', 'two', 'three']) {
    await writeFile(file, content);
    setAside(file);
  }
  expect(await Promise.all(['', '-2', '-3'].map((end) => text(`data.json.unreadable${end}`)))).toEqual([
    'one',
    'two',
    'three',
  ]);
  expect(setAside(file)).toBeUndefined();
  expect(await readdir(folder)).toHaveLength(3);
});

test('a link of that name is not followed or replaced', async () => {
  await writeFile(file, 'one');
  await writeFile(path.join(folder, 'other'), 'other');
  await symlink(path.join(folder, 'other'), `${file}.unreadable`);
  expect(setAside(file)).toBe(`${file}.unreadable-2`);
  expect(await text('other')).toBe('other');
});

test('ten are kept, the newest', async () => {
  for (let at = 0; at < 15; at += 1) {
    await writeFile(file, `${at}`);
    await utimes(file, 1_000 + at, 1_000 + at);
    setAside(file);
  }
  const kept = await Promise.all(asidesOf(file).map((aside) => readFile(aside, 'utf8')));
  expect(kept).toEqual(Array.from({ length: 10 }, (_, at) => `${14 - at}`));
});

test('a document of ours and the settings keep each broken version', async () => {
  const asides: string[] = [];
  const document = jsonFile({
    file,
    version: 1,
    schema: z.number(),
    onUnreadable: (_, __, aside) => asides.push(aside),
  });
  for (const broken of ['{', '[']) {
    await writeFile(file, broken);
    expect(await document.read()).toBeUndefined();
    await writeFile(path.join(folder, 'settings.json'), broken);
    expect(repairSettingsFile(folder)).toContain('settings.json.unreadable');
  }
  expect(asides).toEqual([`${file}.unreadable`, `${file}.unreadable-2`]);
  for (const name of ['data.json', 'settings.json'])
    expect([await text(`${name}.unreadable`), await text(`${name}.unreadable-2`)]).toEqual(['{', '[']);
});
