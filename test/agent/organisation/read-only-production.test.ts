import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { managedSettings } from '../../../main/agent/organisation/managed-settings.ts';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { openConfStore } from '../../../main/agent/settings/conf-store.ts';
import { createSettings } from '../../../main/agent/settings/settings.ts';
import { entryFormOf } from '../../../main/model/entry-form.ts';
import { opensReadOnly } from '../../../main/model/opens-read-only.ts';
import { unlockLimits } from '../../../main/model/unlock-limits.ts';
import { aCluster } from '../../renderer/shown.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'read-only-production-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const organisation = (...lines: readonly string[]) =>
  parseOrganisation(['version: 1', 'name: Acme', ...lines].join('\n'), 'acme.yaml');
const settingsUnder = (...lines: readonly string[]) =>
  createSettings({
    openStore: () => openConfStore(folder),
    managed: managedSettings(organisation(...lines)),
    onChange: () => {},
  });
const prod = aCluster('ledger', { environment: 'production', entryForm: 'socks5' });

test('a user cannot loosen what the organisation has switched on, and can tighten it where it has not', () => {
  const own = settingsUnder();
  expect(own.get().productionReadOnly).toBe(false);
  expect(own.change({ productionReadOnly: true }).productionReadOnly).toBe(true);
  expect(own.change({ productionReadOnly: false }).productionReadOnly).toBe(false);
  // What the user chose before does not count then, and they cannot choose any more.
  const managed = settingsUnder('production: {readOnly: true}');
  expect(managed.get().productionReadOnly).toBe(true);
  expect(managed.from().productionReadOnly).toBe('organisation');
  expect(() => managed.change({ productionReadOnly: false })).toThrow('Acme manages the setting');
  expect(() => managed.reset(['productionReadOnly'])).toThrow('Acme manages the setting');
  const off = settingsUnder('production: {readOnly: false}');
  expect(off.change({ productionReadOnly: true }).productionReadOnly).toBe(true);
});

test.each([
  ['defaults: {productionReadOnly: false}', 'defaults'],
  ['locked: [productionReadOnly]', 'locked'],
  ['production: {unlockMinutes: 0}', 'unlockMinutes'],
  ['production: {unlockMinutes: 721}', 'unlockMinutes'],
  ['production: {readOnly: mostly}', 'readOnly'],
])('%s is refused, and names the field', (line, field) => {
  expect(() => organisation(line)).toThrow(field);
});

test('entries of production have the form tls then, whatever the setting, the user and the tag say', () => {
  const settings = {
    entryForm: 'connect',
    clusterEntryForms: [`${prod.id}=socks5`],
    productionReadOnly: true,
  } as const;
  expect(entryFormOf(prod, settings)).toBe('tls');
  expect(entryFormOf({ ...prod, production: false }, settings)).toBe('socks5');
  expect(entryFormOf(prod, { ...settings, productionReadOnly: false })).toBe('socks5');
  expect(opensReadOnly(aCluster('lab', { environment: 'staging' }), settings)).toBe(false);
});

test('an unlock lasts as long as the organisation allows', () => {
  expect(unlockLimits(undefined)).toEqual({ most: 60, default: 30 });
  expect(unlockLimits(10)).toEqual({ most: 10, default: 10 });
  expect(unlockLimits(240)).toEqual({ most: 240, default: 30 });
});
