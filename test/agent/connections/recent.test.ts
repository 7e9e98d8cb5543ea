import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRecent } from '../../../main/agent/connections/recent.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { RecentConnection } from '../../../main/model/recent-connection.ts';
import { aCluster } from '../../renderer/shown.ts';

const [a, b] = [aCluster('a').id, aCluster('b').id];
let folder = '';
const all: Awaited<ReturnType<typeof createRecent>>[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recent-'));
});
afterEach(async () => {
  // A write that is under way would put its file into the folder while it is removed.
  await Promise.all(all.splice(0).map((recent) => recent.flush()));
  await rm(folder, { recursive: true, force: true });
});

const started = async (at: number) => {
  let now = at;
  const shown: (readonly RecentConnection[])[] = [];
  const recent = await createRecent({
    folder,
    clock: { now: () => now },
    logger: silentLogger,
    onChange: (list) => shown.push(list),
  });
  all.push(recent);
  return { recent, shown: () => shown.at(-1), pass: (ms: number) => (now += ms) };
};

test('a cluster that is closed has the time of that, the latest first, also for the next agent', async () => {
  const { recent, shown, pass } = await started(1_000);
  recent.settle();
  recent.hear({ cluster: a, before: undefined, after: 'open' });
  pass(10);
  recent.hear({ cluster: b, before: 'kept', after: 'open' });
  pass(10);
  recent.hear({ cluster: a, before: 'open', after: 'kept' });
  const expected = [
    { cluster: a, at: 1_020 },
    { cluster: b, at: 1_010 },
  ];
  expect(shown()).toEqual(expected);
  await recent.flush();
  const next = await started(5_000);
  expect(next.shown()).toEqual(expected);
});

test('what a start could not open again keeps the time of the stop', async () => {
  const { recent } = await started(1_000);
  recent.settle();
  recent.hear({ cluster: a, before: undefined, after: 'open' });
  recent.hear({ cluster: a, before: 'open', after: 'kept' });
  recent.hear({ cluster: a, before: 'kept', after: 'again' });
  await recent.flush();
  const { recent: next, shown, pass } = await started(90_000);
  next.hear({ cluster: a, before: 'again', after: 'open' });
  next.hear({ cluster: a, before: 'open', after: 'kept' });
  expect(shown()).toEqual([{ cluster: a, at: 1_000 }]);
  next.settle();
  pass(1);
  next.hear({ cluster: a, before: 'kept', after: 'open' });
  next.hear({ cluster: a, before: 'open', after: undefined });
  expect(shown()).toEqual([{ cluster: a, at: 90_001 }]);
});

test('an on-demand context that the user removes is no longer recent', async () => {
  const { recent, shown } = await started(1);
  recent.settle();
  recent.hear({ cluster: a, before: undefined, after: 'open' });
  recent.hear({ cluster: a, before: 'open', after: 'kept' });
  recent.hear({ cluster: a, before: 'kept', after: undefined });
  expect(shown()).toEqual([]);
});

test('no more than fifty are kept', async () => {
  const { recent, shown } = await started(1);
  for (let at = 0; at < 60; at += 1)
    recent.hear({ cluster: aCluster(`c${at}`).id, before: undefined, after: 'open' });
  expect(shown()).toHaveLength(50);
  expect(shown()?.[0]?.cluster).toBe(aCluster('c59').id);
});
