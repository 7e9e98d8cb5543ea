import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { type Connections, createConnections } from '../../../main/agent/connections/connections.ts';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';
import { kubeconfigOf, standingTunnels } from './standing-tunnels.ts';

const tagged = (name: string, environment: string) =>
  eksCluster(name, {
    tags: { 'k8s-tunnels-hostname': `${name}.example.com`, 'k8s-tunnels-environment': environment },
  });
const prod = tagged('prod', 'production');
const ledger = tagged('ledger', 'production');
const staging = tagged('staging', 'staging');
const dev = tagged('dev', 'dev');

const minute = 60_000;

let home: string;
let clock: SkippingClock;
let catalog: Catalog;
let kubeconfig: Kubeconfig;
let connections: Connections;
let notices: string[];
const source = () => ({ kubeconfig: undefined, cwd: home, home });
const file = () => path.join(home, '.kube/config');

/** A new agent over the same folder. */
async function start(): Promise<void> {
  kubeconfig = createKubeconfig({ folder: home, clock, logger: silentLogger });
  connections = await createConnections({
    folder: home,
    clock,
    logger: silentLogger,
    catalog,
    tunnels: standingTunnels(),
    ports: { known: () => undefined, rotate: async () => undefined },
    kubeconfig,
    plugin: { command: '/bin/k8s-tunnels', args: [] },
    complete: async (cluster) => cluster,
    notice: (_level, message) => notices.push(message),
    noticeOnce: (_level, message) => notices.push(message),
    keepsEntries: () => true,
  });
}

beforeEach(async () => {
  clock = skippingClock({ isStill: true });
  notices = [];
  home = await mkdtemp(path.join(tmpdir(), 'limits-'));
  await mkdir(path.join(home, '.kube'));
  await writeFile(file(), kubeconfigOf('minikube'), { mode: 0o600 });
  catalog = await createCatalog({ folder: path.join(home, 'catalog'), clock, logger: silentLogger });
  catalog.apply(cell(listed(prod, ledger, staging, dev)));
  await start();
  const signal = new AbortController().signal;
  await connections.connect({
    clusters: [prod, ledger, staging, dev],
    source: source(),
    mode: 'add',
    switches: true,
    signal,
  });
});
afterEach(async () => {
  await kubeconfig.close();
  await catalog.close();
  await rm(home, { recursive: true });
});

const switchTo = (cluster: Cluster, minutes?: number) =>
  connections.use({ cluster, production: true, forMs: minutes && minutes * minute });
const current = async () => (await kubeconfig.current(source())).context;
const skip = (minutes: number) => {
  clock.skip(minutes * minute);
  return connections.checkLimits();
};

test('the previous context is restored when the time is up, with a notice two minutes before', async () => {
  await switchTo(prod, 30);
  expect(await connections.limit(source(), prod.id)).toMatchObject({ back: 'minikube' });
  await skip(27);
  expect([await current(), notices]).toEqual(['prod', []]);
  await skip(1);
  expect([await current(), notices]).toEqual([
    'prod',
    [expect.stringMatching(/^At \d\d:\d\d, the current context switches back from prod to minikube\.$/)],
  ]);
  await skip(1);
  expect([await current(), notices.length]).toEqual(['prod', 1]);
  await skip(1);
  expect(await current()).toBe('minikube');
  expect(notices.slice(1)).toEqual(['The time limit of prod ended: the current context is minikube again.']);
  expect(await connections.limit(source(), prod.id)).toBeUndefined();
  expect(connections.open()).toContain(prod.id);
  await skip(60);
  expect(notices).toHaveLength(2);
});

test.each([
  ['before the notice', 1, 29],
  ['with the end in between', 31, 0],
])('an agent that starts again keeps the time: %s', async (_, before, after) => {
  await switchTo(prod, 30);
  await kubeconfig.close();
  clock.skip(before * minute);
  await start();
  await connections.restore();
  if (after > 0) {
    expect(await current()).toBe('prod');
    await skip(after);
  }
  expect(await current()).toBe('minikube');
});

test('a computer that slept past the end restores the context at the next look', async () => {
  await switchTo(prod, 30);
  await skip(600);
  expect(await current()).toBe('minikube');
  expect(notices).toEqual(['The time limit of prod ended: the current context is minikube again.']);
});

test('what was made current meanwhile stays: by kubectl, or of ours', async () => {
  await switchTo(prod, 30);
  const text = await readFile(file(), 'utf8');
  await writeFile(file(), text.replace(/current-context: .*/, 'current-context: ledger'));
  await skip(31);
  expect([await current(), notices]).toEqual(['ledger', []]);

  await switchTo(prod, 30);
  await switchTo(staging);
  await skip(29);
  await skip(2);
  expect([await current(), notices]).toEqual(['staging', []]);
  // It does not come back when the other one goes.
  await connections.disconnect([staging.id]);
  expect(await current()).not.toBe('prod');
});

test('a switch without a limit ends the limit, another one renews it', async () => {
  await switchTo(prod, 30);
  await switchTo(prod, 60);
  await skip(31);
  expect(await current()).toBe('prod');
  await switchTo(prod);
  expect(await connections.limit(source(), prod.id)).toBeUndefined();
  await skip(600);
  expect([await current(), notices]).toEqual(['prod', []]);
});

test.each(['disconnect', 'remove'] as const)('%s ends it at once', async (how) => {
  await switchTo(prod, 30);
  await connections[how]([prod.id]);
  expect(await current()).toBe('minikube');
  await skip(600);
  expect(notices).toEqual([]);
});

test('where production would come back by the time alone, that is asked for', async () => {
  await switchTo(ledger);
  const limited = { cluster: staging, forMs: 30 * minute };
  await expect(connections.use({ ...limited, production: false })).rejects.toMatchObject({
    code: 'production-unconfirmed',
    message: expect.stringContaining('switches back to ledger'),
  });
  expect(await current()).toBe('ledger');
  await connections.use({ ...limited, production: true });
  await skip(30);
  expect(await current()).toBe('ledger');
});

test('the limit of production goes only with a yes', async () => {
  await switchTo(prod, 30);
  await expect(connections.use({ cluster: prod, production: false })).rejects.toMatchObject({
    code: 'production-unconfirmed',
  });
  expect(await connections.limit(source(), prod.id)).toBeDefined();
  await skip(30);
  expect(await current()).toBe('minikube');
});

test('the time alone leads to no production that nobody was asked about', async () => {
  await switchTo(ledger);
  await connections.use({ cluster: staging, production: false });
  // It leads to staging when it is set; what is below that is production.
  await connections.use({ cluster: dev, production: false, forMs: 30 * minute });
  await connections.disconnect([staging.id]);
  await skip(30);
  expect(await current()).toBe('minikube');
});

test('a connect that switches can be limited too', async () => {
  const signal = new AbortController().signal;
  await connections.connect({
    clusters: [prod],
    source: source(),
    mode: 'switch',
    production: true,
    forMs: 30 * minute,
    switches: true,
    signal,
  });
  expect(await current()).toBe('prod');
  await skip(30);
  expect(await current()).toBe('minikube');
});

test('a kubeconfig that cannot be written keeps the limit, which is tried again', async () => {
  await switchTo(prod, 30);
  const text = await readFile(file(), 'utf8');
  await writeFile(file(), 'clusters: {');
  await skip(30);
  expect(notices).toEqual([]);
  await writeFile(file(), text);
  await connections.checkLimits();
  expect(await current()).toBe('minikube');
});

test('a limit too short for a notice has none', async () => {
  await switchTo(prod, 2);
  await skip(1);
  expect(notices).toEqual([]);
  await skip(1);
  expect(await current()).toBe('minikube');
});
