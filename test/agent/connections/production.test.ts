import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import type { Cluster, ClusterId } from '../../../main/agent/catalog/cluster.ts';
import { type Connections, createConnections } from '../../../main/agent/connections/connections.ts';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { TunnelState } from '../../../main/agent/tunnels/state.ts';
import type { Tunnel } from '../../../main/agent/tunnels/tunnel.ts';
import type { Tunnels } from '../../../main/agent/tunnels/tunnels.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';

const tagged = (name: string, environment: string) =>
  eksCluster(name, {
    tags: { 'k8s-tunnels-hostname': `${name}.example.com`, 'k8s-tunnels-environment': environment },
  });
const prod = tagged('prod', 'production');
const ledger = tagged('ledger', 'Prod');
const staging = tagged('staging', 'staging');
const broken = tagged('broken', 'staging');

/** Tunnels that stand at once, but for `broken`; the kubeconfig and what is remembered are real. */
function fakeTunnels(): Tunnels {
  const tunnels = new Map<ClusterId, Tunnel>();
  const make = ({ id, name }: Cluster): Tunnel => {
    let state: TunnelState = { status: 'idle' };
    return {
      id,
      state: () => state,
      connector: () => 'builtin',
      place: () => ({ port: 20_000 + name.length, credentials: { user: 'u', password: 'p' } }),
      traffic: () => undefined,
      async open() {
        const error = { code: 'edge-failed', message: 'It is down.', retryable: true } as const;
        state =
          name === 'broken'
            ? { status: 'failed', since: 0, failure: { stage: 'edge', error, mender: 'network' } }
            : { status: 'connected', since: 0, probe: { at: 0, stages: [], totalMs: 1 } };
        return state;
      },
      wake() {},
      catchUp() {},
      async standBy() {},
      follow() {},
      async close() {
        state = { status: 'idle' };
        return true;
      },
    };
  };
  return {
    tunnel(cluster) {
      const tunnel = tunnels.get(cluster.id) ?? make(cluster);
      tunnels.set(cluster.id, tunnel);
      return tunnel;
    },
    find: (id) => tunnels.get(id),
    list: () => [...tunnels.values()],
    watch() {},
    async close(id, { listening = false } = {}) {
      await tunnels.get(id)?.close();
      if (!listening) tunnels.delete(id);
    },
    async closeAll() {
      tunnels.clear();
    },
  };
}

let home: string;
let catalog: Catalog;
let kubeconfig: Kubeconfig;
let tunnels: Tunnels;
let connections: Connections;
let guarded: boolean;
const place = () => ({ kubeconfig: undefined, cwd: home, home });

async function start(): Promise<void> {
  tunnels = fakeTunnels();
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

const connect = (
  clusters: readonly Cluster[],
  more: { readonly current?: boolean; readonly production?: boolean } = {},
) =>
  connections.connect({
    clusters,
    place: place(),
    current: true,
    production: false,
    signal: new AbortController().signal,
    ...more,
  });
const currentId = async () => (await kubeconfig.current(place())).id;
const unconfirmed = expect.objectContaining({ code: 'production-unconfirmed' });

test.each([prod, ledger])(
  '$name is not made current by connecting alone; nothing is opened',
  async (cluster) => {
    await expect(connect([cluster])).rejects.toThrow(
      expect.objectContaining({
        code: 'production-unconfirmed',
        message: expect.stringContaining(cluster.title),
        hint: expect.stringContaining('--production'),
      }),
    );
    expect(connections.open()).toEqual([]);
    expect(tunnels.list()).toEqual([]);
    await expect(readFile(path.join(home, '.kube/config'))).rejects.toMatchObject({ code: 'ENOENT' });
  },
);

test('confirmed, it is; and stays it without a word', async () => {
  await connect([prod], { production: true });
  expect(await currentId()).toBe(prod.id);
  const again = await connect([prod]);
  expect(again.warnings).toEqual([]);
  expect(await currentId()).toBe(prod.id);
  await connections.use({ cluster: prod, production: false });
});

test('added only, it needs no word', async () => {
  await connect([prod], { current: false });
  expect(connections.open()).toEqual([prod.id]);
  expect(await currentId()).toBeUndefined();
});

test('behind another it is opened beside; in the place of one that failed, kubectl stays', async () => {
  await connect([staging]);
  expect((await connect([staging, prod])).warnings).toEqual([]);
  const { outcomes, warnings } = await connect([broken, ledger]);
  expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'connected']);
  expect(warnings).toEqual([expect.stringContaining('ledger is a production cluster')]);
  expect(await currentId()).toBe(staging.id);
});

test('to use it takes the same word', async () => {
  await connect([staging, prod]);
  await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
  expect(await currentId()).toBe(staging.id);
  await connections.use({ cluster: prod, production: true });
  expect(await currentId()).toBe(prod.id);
  await connections.use({ cluster: staging, production: false });
  await expect(connections.use({ cluster: ledger, production: true })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('an agent that starts again opens what was open, production too, and asks nobody', async () => {
  await connect([prod], { production: true });
  await kubeconfig.close();
  await start();
  await connections.restore();
  expect(connections.open()).toEqual([prod.id]);
  expect(tunnels.find(prod.id)?.state()).toMatchObject({ status: 'connected' });
  expect(await currentId()).toBe(prod.id);
});

test('where the organisation asks for no confirmation, none is needed', async () => {
  guarded = false;
  expect(await connect([prod])).toMatchObject({ outcomes: [{ status: 'connected' }], warnings: [] });
  expect(await currentId()).toBe(prod.id);
  await connect([ledger], { current: false });
  await connections.use({ cluster: ledger, production: false });
  expect(await currentId()).toBe(ledger.id);
  guarded = true;
  await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
});

test('kept, it opens for who names it, and kubectl is never moved there by that', async () => {
  await connections.restore();
  await connect([staging]);
  await connect([prod], { production: true });
  expect(await currentId()).toBe(prod.id);
  await connections.disconnect([prod.id]);
  expect(await currentId()).toBe(staging.id);
  await connections.demand(prod.id, { interactive: false });
  expect(connections.open()).toEqual([staging.id, prod.id]);
  expect(tunnels.find(prod.id)?.state()).toMatchObject({ status: 'connected' });
  expect(await currentId()).toBe(staging.id);
  await expect(connections.use({ cluster: prod, production: false })).rejects.toThrow(unconfirmed);
  await connections.disconnect([prod.id, staging.id]);
  expect(await currentId()).toBeUndefined();
  await expect(connections.use({ cluster: prod, production: true })).rejects.toMatchObject({
    code: 'not-found',
  });
});
