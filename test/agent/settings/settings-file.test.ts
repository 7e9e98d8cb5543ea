import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { keepGoodSettings, mendSettingsFile } from '../../../main/agent/settings/settings-file.ts';

let folder: string;
const file = () => path.join(folder, 'settings.json');
const text = (name: string) => readFileSync(path.join(folder, name), 'utf8');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(['{"kubeconfigMode": "ad', '', '[]', '7'])(
  'a file that is no JSON object is set aside, and the last good one is back: %s',
  async (broken) => {
    const store = openConfStore(folder);
    store.set({ kubeconfigMode: 'add' });
    keepGoodSettings(folder);
    await writeFile(file(), broken);
    // What is broken is not taken for good.
    keepGoodSettings(folder);
    expect(mendSettingsFile(folder)).toMatch(/kept as .*settings\.json\.unreadable\. .*good last/);
    expect(openConfStore(folder).store).toEqual({ kubeconfigMode: 'add' });
    expect(text('settings.json.unreadable')).toBe(broken);
    for (const name of await readdir(folder)) {
      if (name.endsWith('.unreadable')) continue;
      expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
    }
  },
);

test('without a good one the settings are the usual ones', async () => {
  await writeFile(file(), '{');
  expect(mendSettingsFile(folder)).toContain('the usual ones');
  expect(openConfStore(folder).store).toEqual({});
});

test('what is good, and what is not there, stays as it is', async () => {
  expect(mendSettingsFile(folder)).toBeUndefined();
  await writeFile(file(), '{"ofANewerVersion": [1]}');
  expect(mendSettingsFile(folder)).toBeUndefined();
  expect(text('settings.json')).toBe('{"ofANewerVersion": [1]}');
});
