import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonList } from '../../../main/agent/storage/json-list.ts';

let folder: string;
let reasons: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'list-'));
  reasons = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const file = () => path.join(folder, 'data.json');
const open = () =>
  jsonList({
    file: file(),
    version: 1,
    entry: z.object({ name: z.string(), state: z.enum(['open', 'closed']).default('open') }),
    onUnreadable: (_, reason) => reasons.push(reason),
  });
const put = (data: unknown) => writeFile(file(), JSON.stringify({ version: 1, data }));
const onDisk = async () => (JSON.parse(await readFile(file(), 'utf8')) as { data: unknown }).data;

test('entries that are not known, and unknown fields of those that do not change, are written as they were', async () => {
  const later = { name: 'c', state: 'paused' };
  await put([{ name: 'a', colour: 'red' }, later, { name: 'b', state: 'closed', colour: 'blue' }]);
  const list = open();
  const [a, b] = (await list.read()) ?? [];
  expect([a, b]).toEqual([
    { name: 'a', state: 'open' },
    { name: 'b', state: 'closed' },
  ]);
  if (a === undefined || b === undefined) throw new Error('they are missing');
  await list.write([a, { ...b, state: 'open' }]);
  expect(await onDisk()).toEqual([later, { name: 'a', colour: 'red' }, { name: 'b', state: 'open' }]);
  expect(reasons).toEqual([]);
});

test.each([
  ['of which no entry is known', [{ name: 1 }], '0.name must be text'],
  ['that is none', { name: 'a' }, 'must be a list'],
])('a list %s is set aside', async (_, data, reason) => {
  await put(data);
  expect(await open().read()).toBeUndefined();
  expect(reasons).toEqual([reason]);
  expect(await readdir(folder)).toEqual(['data.json.unreadable']);
});

test('an empty list is read, and a missing one is none', async () => {
  expect(await open().read()).toBeUndefined();
  await put([]);
  expect(await open().read()).toEqual([]);
  expect(reasons).toEqual([]);
});
