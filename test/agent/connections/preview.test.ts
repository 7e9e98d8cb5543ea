import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createClusters } from '../../../main/agent/operations/clusters.ts';
import { kubeconfigOperations } from '../../../main/agent/operations/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { createState } from '../../../main/agent/state/state.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';
import { type Rig, startRigWith } from './rig.ts';
import { kubeconfigOf } from './standing-tunnels.ts';

const tagged = (name: string, more: Readonly<Record<string, string>> = {}) =>
  eksCluster(name, { tags: { 'k8s-tunnels-hostname': `${name}.example.com`, ...more } });
const staging = tagged('staging', { 'k8s-tunnels-group': 'shop' });
const prod = tagged('prod', { 'k8s-tunnels-environment': 'production' });

let rig: Rig;
let catalog: Catalog;
let operations: ReturnType<typeof kubeconfigOperations>;
let file: string;
let template: string;

beforeEach(async () => {
  template = '{name}';
  const port = { port: 20_007, credentials: { user: 'u', password: 'p' } };
  rig = await startRigWith(
    { contextTemplate: () => template, ports: { known: () => port, rotate: async () => port } },
    staging,
    prod,
  );
  await rig.connections.restore();
  file = path.join(rig.home, '.kube/config');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, kubeconfigOf('mine'), { mode: 0o600 });
  catalog = await createCatalog({
    folder: path.join(rig.home, 'known'),
    clock: systemClock,
    logger: silentLogger,
  });
  catalog.apply(cell(listed(staging, prod)));
  operations = kubeconfigOperations({
    catalog,
    clusters: createClusters({
      catalog,
      schedule: { isFresh: () => true, run: async () => {} },
      connections: rig.connections,
    }),
    kubeconfig: rig.kubeconfig,
    connections: rig.connections,
    restored: Promise.resolve(),
    current: {
      sourceFor: () => ({ kubeconfig: undefined, cwd: rig.home, home: rig.home }),
      look: async () => true,
    },
    state: createState(silentLogger),
  });
});
afterEach(async () => {
  // It writes a while after a change, and would into the folder that is being removed.
  await catalog.close();
  await rig.close();
});

test('a dry run shows what connecting writes, without a password, and changes nothing', async () => {
  const preview = await operations.connectPreview({ clusters: ['staging'] });
  expect(preview.diff).toContain('-current-context: mine\n+current-context: "staging"');
  expect(preview.diff).toMatch(/\+.*proxy-url: "socks5:\/\/u:\*\*\*@127\.0\.0\.1:\d+"/);
  expect(await rig.text()).toBe(kubeconfigOf('mine'));
  expect(rig.statuses()).toEqual({});
  await rig.connect([staging]);
  const lines = (text = '') => text.split('\n').map((line) => line.replace(/127\.0\.0\.1:\d+/, ''));
  expect(
    lines((await operations.kubeconfigDiff({})).diff).filter((line) => !line.includes('proxy-url')),
  ).toEqual(lines(preview.diff).filter((line) => !line.includes('proxy-url')));
});

test('a dry run follows the rule for production', async () => {
  const { diff, stays } = await operations.connectPreview({ clusters: ['prod'] });
  expect(diff).not.toContain('current-context: "prod"');
  expect(stays).toMatchObject([{ title: 'prod' }]);
  const set = await operations.connectPreview({
    clusters: ['prod', 'staging'],
    origin: 'set',
    production: false,
  });
  expect(set.left).toMatchObject([{ title: 'prod' }]);
  expect(set.diff).not.toContain('prod');
});

test('an undone connect closes the tunnel; an undone removal is an on-demand context again', async () => {
  await rig.connect([staging]);
  const { edit } = await operations.kubeconfigUndo({});
  expect(edit).toMatchObject({ added: ['staging'], current: { from: 'mine', to: 'staging' }, undone: true });
  expect(await rig.text()).toBe(kubeconfigOf('mine'));
  expect([rig.statuses(), rig.connections.open(), rig.connections.kept()]).toEqual([{}, [], []]);

  await rig.connect([staging]);
  await rig.connections.remove([staging.id]);
  await operations.kubeconfigUndo({});
  expect(rig.connections.kept()).toEqual([staging.id]);
  expect(await rig.text()).toContain('staging');
  await rig.connections.demand(staging.id, { interactive: false });
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  expect(
    (await operations.kubeconfigHistory(undefined)).edits.map(({ undoes }) => undoes !== undefined),
  ).toContain(true);
});

test('the contexts are all of the file, ours with their state', async () => {
  await rig.connect([staging, prod]);
  await rig.connections.disconnect([prod.id]);
  expect((await operations.contexts(undefined)).contexts).toMatchObject([
    { name: 'mine', status: 'other' },
    { name: 'staging', status: 'connected', cluster: staging.id, title: 'staging' },
    { name: 'prod', status: 'on-demand', production: true },
  ]);
});

test('another template renames our contexts, the current one too, and no other', async () => {
  await rig.connect([staging]);
  template = '{group}/{name}';
  await rig.connections.rewrite();
  expect((await operations.contexts(undefined)).contexts).toMatchObject([
    { name: 'mine' },
    { name: 'shop/staging', current: true },
  ]);
  const text = await readFile(file, 'utf8');
  expect(text).not.toMatch(/name: "?staging"?$/m);
  await rig.connections.remove([staging.id]);
  expect(await rig.text()).toBe(kubeconfigOf('mine'));
});
