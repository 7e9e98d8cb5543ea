import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { createSettings, type ManagedSettings } from '../../../main/agent/settings/settings.ts';
import type { AppError } from '../../../main/model/app-error.ts';
import { defaultSettings, defaultSettingsFrom } from '../../../main/model/settings.ts';

const acme: ManagedSettings = {
  name: 'Acme',
  values: { kubeconfigMode: 'add', catalogMaxAgeMinutes: 5, awsRegions: ['eu-west-1'] },
  locked: ['kubeconfigMode', 'startAtLogin'],
};

let folder: string;
let told: unknown[];
let ignored: AppError[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'settings-'));
  told = [];
  ignored = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const open = (managed?: ManagedSettings) =>
  createSettings({
    openStore: () => openConfStore(folder),
    managed,
    onChange: (settings) => told.push(settings),
    onIgnored: (error) => void ignored.push(error),
  });
const onDisk = async () => JSON.parse(await readFile(path.join(folder, 'settings.json'), 'utf8')) as unknown;

describe('settings', () => {
  it('without an organisation are the defaults, until a person chooses', () => {
    const settings = open();
    expect(settings.get()).toEqual(defaultSettings);
    expect(settings.from()).toEqual(defaultSettingsFrom);
    settings.change({ kubeconfigMode: 'add' });
    expect(settings.from()).toEqual({ ...defaultSettingsFrom, kubeconfigMode: 'user' });
    expect(told).toEqual([{ ...defaultSettings, kubeconfigMode: 'add' }]);
  });

  it('of an organisation count where a person chose nothing', async () => {
    const settings = open(acme);
    expect(settings.get()).toMatchObject({ catalogMaxAgeMinutes: 5, awsRegions: ['eu-west-1'] });
    expect(settings.change({ catalogMaxAgeMinutes: 9 })).toMatchObject({ catalogMaxAgeMinutes: 9 });
    expect(settings.from()).toEqual({
      ...defaultSettingsFrom,
      kubeconfigMode: 'organisation',
      startAtLogin: 'organisation',
      awsRegions: 'organisation',
      catalogMaxAgeMinutes: 'user',
    });
    // What the organisation says is not written down as the person's.
    expect(await onDisk()).toEqual({ catalogMaxAgeMinutes: 9 });
  });

  it('that are managed cannot be changed, not even along with others', async () => {
    const settings = open(acme);
    expect(() => settings.change({ favouritesOrder: 'name', kubeconfigMode: 'switch' })).toThrow(
      expect.objectContaining({
        code: 'setting-managed',
        message: 'Acme manages the setting kubeconfigMode.',
        hint: expect.stringContaining('Acme'),
      }),
    );
    expect(settings.get()).toMatchObject({ favouritesOrder: 'own', kubeconfigMode: 'add' });
    expect(told).toEqual([]);
  });

  it('come back as a person chose them when the organisation lets go', () => {
    const settings = open();
    settings.change({ kubeconfigMode: 'switch', startAtLogin: true });
    expect(settings.under(acme)).toMatchObject({ kubeconfigMode: 'add', startAtLogin: false });
    expect(settings.get().startAtLogin).toBe(true);
    settings.manage(acme);
    expect(settings.get()).toMatchObject({ kubeconfigMode: 'add', startAtLogin: false });
    settings.manage(undefined);
    expect(settings.get()).toMatchObject({ kubeconfigMode: 'switch', startAtLogin: true });
    expect(settings.from().startAtLogin).toBe('user');
    expect(told).toHaveLength(3);
  });

  it('that do not fit fall back alone, and are reported with file and field, managed or not', async () => {
    await writeFile(
      path.join(folder, 'settings.json'),
      '{"kubeconfigMode":"sometimes","favouritesOrder":"name","catalogMaxAgeMinutes":"9"}',
    );
    for (const managed of [undefined, acme]) {
      const settings = open(managed);
      expect(settings.get()).toEqual({
        ...defaultSettings,
        ...managed?.values,
        favouritesOrder: 'name',
      });
      expect(settings.from()).toMatchObject({ favouritesOrder: 'user' });
      expect(settings.from().catalogMaxAgeMinutes).toBe(managed === undefined ? 'default' : 'organisation');
      expect(ignored.splice(0)).toMatchObject([
        {
          code: 'bad-input',
          message: expect.stringMatching(/^Setting kubeconfigMode in .*settings\.json is ignored: /),
          hint: expect.stringContaining('k8s-tunnels settings kubeconfigMode VALUE'),
        },
        { message: expect.stringMatching(/^Setting catalogMaxAgeMinutes in /) },
      ]);
    }
    const settings = open();
    expect(settings.change({ kubeconfigMode: 'add' })).toMatchObject({ kubeconfigMode: 'add' });
    expect(ignored).toHaveLength(2);
    expect(() => settings.change({ catalogMaxAgeMinutes: 0 })).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: expect.stringContaining('catalogMaxAgeMinutes'),
      }),
    );
  });

  it('that do not exist are reported with the one that is meant, unless the file is of a newer version', async () => {
    const file = path.join(folder, 'settings.json');
    await writeFile(file, '{"keepEntrys":false,"somethingElseEntirely":1,"keepEntries":true}');
    expect(open().get()).toEqual(defaultSettings);
    expect(ignored.splice(0)).toMatchObject([
      {
        message: expect.stringContaining('the setting keepEntrys, which'),
        hint: 'Did you mean keepEntries?',
      },
      { message: expect.stringContaining('somethingElseEntirely'), hint: 'Remove it from that file.' },
    ]);
    await writeFile(file, '{"version":99,"keepEntrys":false,"kubeconfigMode":"sometimes"}');
    expect(open().get()).toEqual(defaultSettings);
    expect(ignored).toEqual([]);
  });

  it('are read from a file that begins with a byte order mark', async () => {
    await writeFile(path.join(folder, 'settings.json'), '\uFEFF{"kubeconfigMode":"add"}');
    const settings = open();
    expect(settings.get()).toMatchObject({ kubeconfigMode: 'add' });
    settings.change({ favouritesOrder: 'name' });
    expect(await onDisk()).toEqual({ kubeconfigMode: 'add', favouritesOrder: 'name' });
  });
});

describe('a setting that is given back', () => {
  it("is the organisation's again, or the default, and is written down no more", async () => {
    const settings = open(acme);
    settings.change({ catalogMaxAgeMinutes: 9, favouritesOrder: 'name', extraAuthorities: '/ca.pem' });
    told.length = 0;
    expect(settings.reset(['catalogMaxAgeMinutes', 'favouritesOrder'])).toMatchObject({
      catalogMaxAgeMinutes: 5,
      favouritesOrder: 'own',
      extraAuthorities: '/ca.pem',
    });
    expect(told).toEqual([settings.get()]);
    expect(settings.from()).toMatchObject({
      catalogMaxAgeMinutes: 'organisation',
      favouritesOrder: 'default',
      extraAuthorities: 'user',
    });
    expect(await onDisk()).toEqual({ extraAuthorities: '/ca.pem' });
    // Nothing was chosen: nothing changes.
    expect(settings.reset(['favouritesOrder'])).toEqual(settings.get());
  });

  it('is not one that is managed', async () => {
    const settings = open();
    settings.change({ kubeconfigMode: 'switch', catalogMaxAgeMinutes: 9 });
    settings.manage(acme);
    expect(() => settings.reset(['catalogMaxAgeMinutes', 'kubeconfigMode'])).toThrow(
      expect.objectContaining({ code: 'setting-managed' }),
    );
    expect(await onDisk()).toEqual({ kubeconfigMode: 'switch', catalogMaxAgeMinutes: 9 });
  });
});
