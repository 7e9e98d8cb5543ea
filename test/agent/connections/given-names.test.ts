import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createGivenNames } from '../../../main/agent/connections/given-names.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { withId } from '../../../main/model/context-name.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { startRig } from './rig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'names-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const [a, b] = [eksCluster('a'), eksCluster('b')];
const open = (onChange = (_names: unknown) => {}) =>
  createGivenNames({ folder, logger: silentLogger, onChange });

test('a name that was given is known to the next agent', async () => {
  const changes: unknown[] = [];
  const names = await open((list) => changes.push(list));
  names.give('prod', a.id);
  names.give('prod', a.id);
  await vi.waitFor(() => expect(changes).toEqual([{ prod: a.id }]));
  await vi.waitFor(async () => expect((await open()).list()).toEqual({ prod: a.id }));
});

test('the names of clusters that are connected together are reported and stored together', async () => {
  const changes: unknown[] = [];
  const names = await open((list) => changes.push(list));
  for (let index = 0; index < 200; index += 1) names.give(`name-${index}`, a.id);
  expect(Object.keys(names.list())).toHaveLength(200);
  await vi.waitFor(() => expect(changes).not.toEqual([]));
  names.give('prod', b.id);
  await vi.waitFor(async () => expect((await open()).list()).toMatchObject({ prod: b.id }));
  expect(changes).toEqual([
    expect.not.objectContaining({ prod: b.id }),
    expect.objectContaining({ prod: b.id }),
  ]);
});

test('a file that cannot be read is set aside, and the names start empty', async () => {
  await writeFile(path.join(folder, 'context-names.json'), '{"version":9}');
  expect((await open()).list()).toEqual({});
});

test('the name in a kubeconfig stays that of its cluster after it is gone', async () => {
  const tags = { 'k8s-tunnels-name': 'prod', 'k8s-tunnels-hostname': 'prod.k8s.example.com' };
  const [first, second] = [eksCluster('a', { tags }), eksCluster('b', { tags })];
  const rig = await startRig(first);
  onTestFinished(() => rig.close());
  await rig.connect([first]);
  expect(await rig.text()).toContain('name: "prod"');
  rig.replace(second);
  const { outcomes } = await rig.connect([second]);
  expect(outcomes).toMatchObject([{ context: withId('prod', b.id) }]);
});
