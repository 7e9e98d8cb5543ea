import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { createSettings } from '../../../main/agent/settings/settings.ts';
import {
  keepGoodSettings,
  migrateSettingsFile,
  repairSettingsFile,
} from '../../../main/agent/settings/settings-file.ts';
import { defaultSettings } from '../../../main/model/settings.ts';

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
    expect(repairSettingsFile(folder)).toMatch(/set aside as .*settings\.json\.unreadable\. .*last good/);
    expect(openConfStore(folder).store).toEqual({ kubeconfigMode: 'add' });
    expect(text('settings.json.unreadable')).toBe(broken);
    for (const name of await readdir(folder)) {
      if (name.endsWith('.unreadable')) continue;
      expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
    }
  },
);

test.each([
  ['a byte order mark', Buffer.from('\uFEFF{"kubeconfigMode":"add"}')],
  ['UTF-16', Buffer.from('\uFEFF{"kubeconfigMode":"add"}', 'utf16le')],
])('a file with %s is read as it is meant', async (_what, bytes) => {
  await writeFile(file(), bytes);
  expect(repairSettingsFile(folder)).toBeUndefined();
  expect(migrateSettingsFile(folder)).toBeUndefined();
  expect(openConfStore(folder).store).toEqual({ kubeconfigMode: 'add' });
  expect(await readdir(folder)).toEqual(['settings.json']);
});

test('without a good one the settings are the defaults', async () => {
  await writeFile(file(), '{');
  expect(repairSettingsFile(folder)).toContain('The default settings apply');
  expect(openConfStore(folder).store).toEqual({});
});

test('what is good, and what is not there, stays as it is', async () => {
  expect(repairSettingsFile(folder)).toBeUndefined();
  await writeFile(file(), '{"ofANewerVersion": [1]}');
  expect(repairSettingsFile(folder)).toBeUndefined();
  expect(text('settings.json')).toBe('{"ofANewerVersion": [1]}');
});

test('a file of an older version is brought to this one, step by step, and kept', async () => {
  const old = '{"mode": "add", "ofNoVersion": 1}';
  await writeFile(file(), old, { mode: 0o600 });
  const by = {
    1: ({ mode, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, kubeMode: mode }),
    2: ({ kubeMode, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, kubeconfigMode: kubeMode }),
  };
  expect(migrateSettingsFile(folder, { to: 3, by })).toBeUndefined();
  expect(JSON.parse(text('settings.json'))).toEqual({ kubeconfigMode: 'add', ofNoVersion: 1, version: 3 });
  expect(text('settings.json.v1')).toBe(old);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).sort()).toEqual(['settings.json', 'settings.json.v1']);
  // The next start finds nothing to do.
  await rm(`${file()}.v1`);
  expect(migrateSettingsFile(folder, { to: 3, by })).toBeUndefined();
  expect(await readdir(folder)).toEqual(['settings.json']);
});

test('of a newer version only what fits counts, and nothing of it is lost', async () => {
  const newer = { version: 9, kubeconfigMode: { its: 'own' }, startAtLogin: true, ofANewerVersion: [1] };
  await writeFile(file(), JSON.stringify(newer));
  expect(migrateSettingsFile(folder)).toMatch(/settings\.json is of a newer k8s-tunnels \(version 9\)/);
  const settings = createSettings({ openStore: () => openConfStore(folder), onChange() {} });
  expect(settings.get()).toEqual({ ...defaultSettings, startAtLogin: true });
  settings.change({ keepEntries: false });
  expect(JSON.parse(text('settings.json'))).toEqual({ ...newer, keepEntries: false });
});
