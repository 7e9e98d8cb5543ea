import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { type Connections, createConnections } from '../../../main/agent/connections/connections.ts';
import type { Connected } from '../../../main/agent/connections/outcome.ts';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { Tunnels } from '../../../main/agent/tunnels/tunnels.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';
import { kubeconfigOf, standingTunnels } from './standing-tunnels.ts';

const tagged = (name: string, environment: string) =>
  eksCluster(name, {
    tags: { 'k8s-tunnels-hostname': `${name}.example.com`, 'k8s-tunnels-environment': environment },
  });
const prod = tagged('prod', 'production');
const ledger = tagged('ledger', 'Prod');
const staging = tagged('staging', 'staging');
const broken = tagged('broken', 'staging');

let home: string;
let catalog: Catalog;
let kubeconfig: Kubeconfig;
let tunnels: Tunnels;
let connections: Connections;
let guarded: boolean;
const source = () => ({ kubeconfig: undefined, cwd: home, home });

async function start(): Promise<void> {
  tunnels = standingTunnels();
  kubeconfig = createKubeconfig({ folder: home, clock: systemClock, logger: silentLogger });
  connections = await createConnections({
    folder: home,
    clock: systemClock,
    logger: silentLogger,
    catalog,
    tunnels,
    ports: { known: () => undefined, rotate: async () => undefined },
    kubeconfig,
    plugin: { command: '/bin/k8s-tunnels', args: [] },
    complete: async (cluster) => cluster,
    notice: () => {},
    noticeOnce: () => {},
    isGuarded: () => guarded,
    keepsEntries: () => true,
  });
}

beforeEach(async () => {
  guarded = true;
  home = await mkdtemp(path.join(tmpdir(), 'connections-'));
  await mkdir(path.join(home, '.kube'));
  catalog = await createCatalog({
    folder: path.join(home, 'catalog'),
    clock: systemClock,
    logger: silentLogger,
  });
  catalog.apply(cell(listed(prod, ledger, staging, broken)));
  await start();
});
afterEach(async () => {
  await kubeconfig.close();
  await catalog.close();
  await rm(home, { recursive: true });
});

const connect = (clusters: readonly Cluster[], more: Partial<Parameters<Connections['connect']>[0]> = {}) =>
  connections.connect({
    clusters,
    source: source(),
    switches: true,
    signal: new AbortController().signal,
    ...more,
  });
const switchTo = (cluster: Cluster) => connections.use({ cluster, production: true });
const currentId = async () => (await kubeconfig.current(source())).id;
const unconfirmed = expect.objectContaining({ code: 'production-unconfirmed' });
const statusesOf = ({ outcomes }: Connected) =>
  outcomes.map(({ cluster, status }) => `${cluster.title} ${status}`);
const titlesOf = (clusters: readonly Cluster[]) => clusters.map(({ title }) => title);

describe('to connect', () => {
  test.each([prod, ledger])('$name adds its context, does not switch, and says so', async (cluster) => {
    await connect([staging]);
    const connected = await connect([cluster]);
    expect(statusesOf(connected)).toEqual([`${cluster.title} connected`]);
    expect(titlesOf(connected.stays)).toEqual([cluster.title]);
    expect(connected).not.toHaveProperty('switched');
    expect(connections.open()).toEqual([staging.id, cluster.id]);
    expect(await kubeconfig.entry(source(), cluster.id)).toMatchObject({ name: cluster.title });
    expect(await currentId()).toBe(staging.id);
  });

  test('it is no switch with the confirmation of one either', async () => {
    expect(titlesOf((await connect([prod], { production: true })).stays)).toEqual(['prod']);
    expect(await currentId()).toBeUndefined();
  });

  test.each([
    [[staging, prod], ['prod']],
    [[prod, staging], ['prod']],
    [
      [prod, ledger],
      ['prod', 'ledger'],
    ],
    [[broken, ledger], ['ledger']],
  ])('beside others, in any order: case %#', async (clusters, stays) => {
    const connected = await connect(clusters);
    expect(titlesOf(connected.stays)).toEqual(stays);
    expect(await currentId()).toBeUndefined();
  });

  test('where it is current already, there is nothing to say', async () => {
    await connect([prod]);
    await switchTo(prod);
    expect(await connect([prod])).toMatchObject({ stays: [], warnings: [] });
    expect(await currentId()).toBe(prod.id);
    await connections.use({ cluster: prod, production: false });
  });

  test.each([{ mode: 'add' }, { switches: false }] as const)(
    'where it was not to switch, there is nothing to say: %j',
    async (how) => {
      expect((await connect([prod], how)).stays).toEqual([]);
      expect(connections.open()).toEqual([prod.id]);
      expect(await currentId()).toBeUndefined();
    },
  );

  test('another says that the context was switched, and from where', async () => {
    await writeFile(path.join(home, '.kube/config'), kubeconfigOf('minikube'));
    expect(await connect([staging])).toMatchObject({ switched: { from: 'minikube' }, stays: [] });
    expect(await connect([staging])).not.toHaveProperty('switched');
  });
});

describe('to connect with a switch', () => {
  test.each([prod, ledger])('to $name asks by its name, and opens nothing before', async (cluster) => {
    await expect(connect([cluster], { mode: 'switch' })).rejects.toThrow(
      expect.objectContaining({
        code: 'production-unconfirmed',
        message: expect.stringContaining(`${cluster.title} is a production cluster`),
        hint: expect.stringContaining('--production'),
      }),
    );
    await expect(connect([cluster], { mode: 'switch', production: false })).rejects.toThrow(unconfirmed);
    expect(connections.open()).toEqual([]);
    expect(tunnels.list()).toEqual([]);
    await expect(readFile(path.join(home, '.kube/config'))).rejects.toMatchObject({ code: 'ENOENT' });
    const connected = await connect([cluster], { mode: 'switch', production: true });
    expect(connected).toMatchObject({ switched: {}, stays: [] });
    expect(await currentId()).toBe(cluster.id);
  });

  test('in the place of one that failed, production does not become current unasked', async () => {
    const connected = await connect([broken, ledger], { mode: 'switch' });
    expect(statusesOf(connected)).toEqual(['broken failed', 'ledger connected']);
    expect(titlesOf(connected.stays)).toEqual(['ledger']);
    expect(await currentId()).toBeUndefined();
  });

  test('a yes to one is none to another that takes its place', async () => {
    const failing = tagged('broken', 'production');
    const connected = await connect([failing, ledger], { mode: 'switch', production: true });
    expect(statusesOf(connected)).toEqual(['broken failed', 'ledger connected']);
    expect(titlesOf(connected.stays)).toEqual(['ledger']);
    expect(await currentId()).toBeUndefined();
  });

  test('what was current already does not come back where another is current by then', async () => {
    await connect([prod], { mode: 'switch', production: true });
    await connect([staging], { mode: 'add' });
    // While the tunnel is opened, which may wait for a sign-in, another one becomes current.
    const open = tunnels.tunnel(prod).open;
    tunnels.tunnel(prod).open = async (how) => {
      await connections.use({ cluster: staging, production: false });
      return open(how);
    };
    expect((await connect([prod])).switched).toBeUndefined();
    expect(await currentId()).toBe(staging.id);
  });

  test('production beside the one that becomes current needs no question', async () => {
    expect(await connect([staging, prod], { mode: 'switch' })).toMatchObject({ switched: {} });
    expect(await currentId()).toBe(staging.id);
  });
});

describe.each(['link', 'set'] as const)('a %s', (origin) => {
  test('asks for what is production by name, and opens nothing before', async () => {
    await expect(connect([staging, prod, ledger], { origin })).rejects.toThrow(
      expect.objectContaining({
        code: 'production-unconfirmed',
        message: expect.stringContaining('prod and ledger are production clusters'),
      }),
    );
    expect(tunnels.list()).toEqual([]);
  });

  test('connects the others after a no, and those alone may become current', async () => {
    const connected = await connect([prod, staging], { origin, production: false });
    expect(statusesOf(connected)).toEqual(['staging connected']);
    expect(titlesOf(connected.left)).toEqual(['prod']);
    expect(connections.open()).toEqual([staging.id]);
    expect(await currentId()).toBe(staging.id);
  });

  test('of production alone connects nothing after a no', async () => {
    const connected = await connect([prod], { origin, production: false });
    expect(connected.outcomes).toEqual([]);
    expect(titlesOf(connected.left)).toEqual(['prod']);
  });

  test('connects all of it after a yes, which is no switch', async () => {
    const connected = await connect([staging, prod], { origin, production: true });
    expect(statusesOf(connected)).toEqual(['staging connected', 'prod connected']);
    expect(titlesOf(connected.stays)).toEqual(['prod']);
    expect(await currentId()).toBeUndefined();
  });

  test('asks nothing where it is connected already, or without production', async () => {
    await connect([prod]);
    expect((await connect([prod, staging], { origin })).left).toEqual([]);
    await connect([broken], { origin });
  });
});

describe('to switch', () => {
  test('asks, and so does the way back to it', async () => {
    await connect([staging]);
    await connect([prod]);
    await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
    expect(await currentId()).toBe(staging.id);
    await switchTo(prod);
    expect(await currentId()).toBe(prod.id);
    await connections.use({ cluster: staging, production: false });
    await expect(connections.use({ cluster: ledger, production: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(connections.back({ source: source(), production: false })).rejects.toThrow(unconfirmed);
    expect(await currentId()).toBe(staging.id);
    await connections.back({ source: source(), production: true });
    expect(await currentId()).toBe(prod.id);
  });

  test('goes back to the context before ours, and from there no further', async () => {
    const before = kubeconfigOf('minikube');
    await writeFile(path.join(home, '.kube/config'), before);
    await connect([staging]);
    await connect([broken]).catch(() => {});
    expect(await currentId()).toBe(staging.id);
    await connections.back({ source: source(), production: false });
    expect(await kubeconfig.current(source())).toMatchObject({ context: 'minikube', id: undefined });
    expect(connections.open()).toEqual([staging.id]);
    await expect(connections.back({ source: source(), production: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    await connections.remove([staging.id]);
    expect(await readFile(path.join(home, '.kube/config'), 'utf8')).toBe(before);
  });
});

test('to disconnect and to remove never ask', async () => {
  await connect([staging]);
  for (const cluster of [prod, ledger]) {
    await connect([cluster]);
    await switchTo(cluster);
  }
  expect((await connections.disconnect([prod.id])).closed).toEqual([prod.id]);
  expect((await connections.remove([ledger.id])).removed).toEqual([ledger.id]);
  expect(await currentId()).toBe(staging.id);
});

test('an agent that starts again opens what was open, production too, and asks nobody', async () => {
  await connect([prod]);
  await switchTo(prod);
  await kubeconfig.close();
  await start();
  await connections.restore();
  expect(connections.open()).toEqual([prod.id]);
  expect(tunnels.find(prod.id)?.state()).toMatchObject({ status: 'connected' });
  expect(await currentId()).toBe(prod.id);
});

test('where the organisation asks for no confirmation, none is needed', async () => {
  guarded = false;
  expect(await connect([prod])).toMatchObject({ switched: {}, stays: [], warnings: [] });
  expect(await currentId()).toBe(prod.id);
  // A link or a set is connected, and production in it is no reason to switch.
  expect(titlesOf((await connect([ledger], { origin: 'set' })).stays)).toEqual(['ledger']);
  expect(await currentId()).toBe(prod.id);
  await connections.use({ cluster: ledger, production: false });
  expect(await currentId()).toBe(ledger.id);
  guarded = true;
  await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
});

test('kept, it opens for who names it, and kubectl is never moved there by that', async () => {
  await connections.restore();
  await connect([staging]);
  await connect([prod]);
  await switchTo(prod);
  await connections.disconnect([prod.id]);
  expect(await currentId()).toBe(staging.id);
  await connections.demand(prod.id, { interactive: false });
  expect(connections.open()).toEqual([staging.id, prod.id]);
  expect(tunnels.find(prod.id)?.state()).toMatchObject({ status: 'connected' });
  expect(await currentId()).toBe(staging.id);
  await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
  await connections.disconnect([prod.id, staging.id]);
  expect(await currentId()).toBeUndefined();
  // Named by its user, an on-demand context is opened and becomes current.
  await connections.use({ cluster: prod, production: true });
  expect([connections.open(), await currentId()]).toEqual([[prod.id], prod.id]);
});
