import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, connect as dial } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { type Connections, createConnections } from '../../../main/agent/connections/connections.ts';
import { createKubeconfig, type Kubeconfig } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { cell, listed } from '../catalog/clusters.ts';
import { type Rig, startRig } from '../tunnels/rig.ts';

const title = 'payments-staging';
const own = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n';

let rig: Rig;
let cluster: Cluster;
let catalog: Catalog;
let kubeconfig: Kubeconfig;
let connections: Connections;
let notices: string[];
/** What was told of the kept ones, each time that it changed. */
let told: (readonly string[])[];
let keeps: boolean;
const source = () => ({ kubeconfig: undefined, cwd: rig.world.home, home: rig.world.home });
const file = () => path.join(rig.world.home, '.kube', 'config');

/** As an agent's start: what is remembered comes from the disk. */
async function start(): Promise<void> {
  kubeconfig = createKubeconfig({ folder: rig.folder, clock: systemClock, logger: silentLogger });
  connections = await createConnections({
    folder: rig.folder,
    clock: rig.clock,
    logger: silentLogger,
    catalog,
    tunnels: rig.tunnels,
    ports: rig.ports,
    kubeconfig,
    plugin: { command: '/bin/k8s-tunnels', args: [] },
    complete: async (one) => one,
    notice: (_level, message) => notices.push(message),
    noticeOnce: (_level, message) => notices.push(message),
    onKept: (kept) => told.push(kept),
    keepsEntries: () => keeps,
  });
  await connections.restore();
}

const readCatalog = () =>
  createCatalog({ folder: path.join(rig.folder, 'catalog'), clock: systemClock, logger: silentLogger });

/** What an agent that ends leaves: nothing listens. */
async function stop(): Promise<void> {
  for (const tunnel of rig.tunnels.list()) await rig.tunnels.close(tunnel.id);
  await kubeconfig.close();
}

beforeEach(async () => {
  notices = [];
  told = [];
  keeps = true;
  rig = await startRig({ onDemand: (id) => connections.demand(id, { interactive: true }) });
  cluster = rig.cluster(title);
  catalog = await readCatalog();
  catalog.apply(cell(listed(cluster)));
  await mkdir(path.dirname(file()), { recursive: true });
  await writeFile(file(), own, { mode: 0o600 });
  await start();
});

afterEach(async () => {
  await kubeconfig.close();
  await catalog.close();
  await rig.close();
});

async function connect(): Promise<void> {
  const { outcomes } = await connections.connect({
    clusters: [cluster],
    source: source(),
    switches: true,
    signal: new AbortController().signal,
  });
  expect(outcomes).toMatchObject([{ status: 'connected' }]);
}

async function keep(): Promise<void> {
  await connect();
  await connections.disconnect([cluster.id]);
}

/** Where the kubeconfig sends kubectl. */
async function proxy(): Promise<URL> {
  const [, url] = /proxy-url"?: "([^"]+)"/.exec(await readFile(file(), 'utf8')) ?? [];
  return new URL(url ?? '');
}

/** Asks the port for the cluster by CONNECT. Resolves with what it says first, all of it where it refuses. */
async function ask({ port, username, password }: URL): Promise<string> {
  const socket = dial({ host: '127.0.0.1', port: Number(port) });
  const secret = Buffer.from(`${username}:${password}`).toString('base64');
  const { host } = new URL(cluster.server);
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${secret}\r\n\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  if (first.toString().startsWith('HTTP/1.1 200')) {
    socket.destroy();
    return first.toString();
  }
  return first.toString() + (await text(socket));
}

const status = () => rig.tunnels.find(cluster.id)?.state().status;
const edge = (operation: string) => rig.world.traffic.count('edge', operation);
const tabs = async () => (await rig.world.browser.tabs()).length;
const patience = { timeout: 10_000, interval: 10 };

test('a closed one listens and opens nothing, not even for a stranger; the first who proves himself opens it for all', async () => {
  await keep();
  expect(connections.kept()).toEqual([cluster.id]);
  // Its open connection is closed with it, which the edge hears of a moment later.
  await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0), patience);
  const upgrades = edge('upgrade');
  const url = await proxy();
  const stranger = new URL(url);
  stranger.password = 'guessed';
  expect(await ask(stranger)).toMatch(/^HTTP\/1.1 407/);
  expect(status()).toBe('idle');
  expect(edge('upgrade')).toBe(upgrades);

  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url)));
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(rig.statuses(title).filter((one) => one === 'connected')).toHaveLength(2);
  expect(connections.open()).toEqual([cluster.id]);
  expect(await tabs()).toBe(1);
  await connections.disconnect([cluster.id]);
  expect(status()).toBe('idle');
  expect(await ask(url)).toMatch(/^HTTP\/1.1 200/);
});

test('what is kept is told when it changes: closed, opened by its use, forgotten', async () => {
  await connect();
  expect(told).toEqual([]);
  await connections.disconnect([cluster.id]);
  expect(told).toEqual([[cluster.id]]);
  await connections.disconnect([cluster.id]);
  expect(told).toHaveLength(1);
  await ask(await proxy());
  expect(told).toEqual([[cluster.id], []]);
  await connections.disconnect([cluster.id]);
  await connections.remove([cluster.id]);
  expect(told.slice(2)).toEqual([[cluster.id], []]);
});

test('what was open and cannot be opened at a start is told as kept', async () => {
  await connect();
  await stop();
  rig.world.access.revokeAll();
  await start();
  expect(connections.kept()).toEqual([cluster.id]);
  expect(told).toEqual([[cluster.id]]);
});

test('what is open is on disk by then, the cluster too', async () => {
  await connect();
  const afterKill = await readCatalog();
  expect(afterKill.get(cluster.id)?.title).toBe(title);
  await afterKill.close();
});

test('disconnecting ends what stands, and the port listens on', async () => {
  await keep();
  const url = await proxy();
  const socket = dial({ host: '127.0.0.1', port: Number(url.port) });
  const secret = Buffer.from(`${url.username}:${url.password}`).toString('base64');
  socket.write(
    `CONNECT ${new URL(cluster.server).host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${secret}\r\n\r\n`,
  );
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await connections.disconnect([cluster.id]);
  await closed;
  await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0), patience);
  expect(await ask(url)).toMatch(/^HTTP\/1.1 200/);
});

test('a new start listens on the same port with the same password, and opens nothing', async () => {
  await keep();
  const entries = await readFile(file(), 'utf8');
  await stop();
  const upgrades = edge('upgrade');
  await start();
  expect(await readFile(file(), 'utf8')).toBe(entries);
  expect(connections.kept()).toEqual([cluster.id]);
  expect(edge('upgrade')).toBe(upgrades);
  expect(await ask(await proxy())).toMatch(/^HTTP\/1.1 200/);
});

test('where its port is taken at a start, the entry moves to the next one with another password', async () => {
  await keep();
  await stop();
  const before = await proxy();
  const stranger = createServer().listen(Number(before.port), '127.0.0.1');
  await once(stranger, 'listening');
  try {
    await start();
    const after = await proxy();
    expect(Number(after.port)).toBe(Number(before.port) + 1);
    expect(after.password).not.toBe(before.password);
    expect(await ask(after)).toMatch(/^HTTP\/1.1 200/);
  } finally {
    stranger.close();
  }
  await connections.remove([cluster.id]);
  expect(await readFile(file(), 'utf8')).toBe(own);
});

test('a sign-in that nobody ends: who waits is refused after a minute, and no client begins another for five', async () => {
  await keep();
  rig.world.access.revokeAll();
  rig.browserEnv.WORLD_PERSON = 'absent';
  const url = await proxy();
  const waiting = Promise.all([ask(url), ask(url)]);
  await rig.until(title, 'logging-in');
  await vi.waitFor(async () => expect(await tabs()).toBe(2), patience);
  rig.clock.skip(60_000);
  for (const answer of await waiting) {
    expect(answer).toMatch(/^HTTP\/1.1 502/);
    expect(answer).toContain(`Nobody signed in for ${title} within 60 s. Run \`k8s-tunnels connect --add`);
  }
  expect(status()).toBe('idle');
  expect(await ask(url)).toMatch(/Run `k8s-tunnels connect/);
  expect(await tabs()).toBe(2);
  expect(notices.filter((message) => message.includes('could not be opened for kubectl'))).toHaveLength(2);

  rig.clock.skip(5 * 60_000);
  delete rig.browserEnv.WORLD_PERSON;
  expect(await ask(url)).toMatch(/^HTTP\/1.1 200/);
  expect(await tabs()).toBe(3);
});

test('without a person no browser is opened, while one who is there gets it', async () => {
  await keep();
  rig.world.access.revokeAll();
  const alone = connections.demand(cluster.id, { interactive: false });
  const there = connections.demand(cluster.id, { interactive: true });
  await expect(alone).rejects.toMatchObject({
    code: 'access-login-needed',
    hint: `Run \`k8s-tunnels connect --add ${title}\` to sign in.`,
  });
  await there;
  expect(status()).toBe('connected');
  expect(await tabs()).toBe(2);
});

test('a policy that denies refuses at once; admitted again, it opens', async () => {
  await keep();
  const hostname = cluster.reach.kind === 'tunnel' ? cluster.reach.hostname : '';
  rig.world.access.setPolicy(hostname, []);
  const url = await proxy();
  for (let tries = 0; tries < 3; tries++) expect(await ask(url)).toContain('denies you access');
  expect(status()).toBe('idle');
  // Clients try again and again, and each refusal has an id of its own.
  expect(notices.filter((message) => message.includes('denies you access'))).toHaveLength(1);
  expect(await tabs()).toBe(1);
  rig.world.access.setPolicy(hostname, undefined);
  expect(await ask(url)).toMatch(/^HTTP\/1.1 200/);
});

test('forgotten while it is being opened, it is closed and its entry stays away', async () => {
  await keep();
  rig.world.access.revokeAll();
  rig.browserEnv.WORLD_PERSON = 'absent';
  const demand = connections.demand(cluster.id, { interactive: true });
  demand.catch(() => {});
  await rig.until(title, 'logging-in');
  await connections.remove([cluster.id]);
  await expect(demand).rejects.toMatchObject({ code: 'cancelled' });
  expect(await readFile(file(), 'utf8')).toBe(own);
  expect(rig.tunnels.list()).toEqual([]);
});

test('a start without the setting takes what was kept away', async () => {
  await keep();
  await stop();
  keeps = false;
  await start();
  expect(await readFile(file(), 'utf8')).toBe(own);
  expect(connections.kept()).toEqual([]);
});

test.each([true, false])(
  'what is open at the end is opened again by the next start where it is to be; entries kept: %s',
  async (keepsEntries) => {
    keeps = keepsEntries;
    await connect();
    const port = (await proxy()).port;
    await connections.disconnectAll({ again: true });
    expect(status()).toBe(keepsEntries ? 'idle' : undefined);
    const left = await readFile(file(), 'utf8');
    if (!keepsEntries) expect(left).toBe(own);
    expect(left).toContain('current-context: ""');
    await stop();
    await start();
    expect(connections.open()).toEqual([cluster.id]);
    expect(status()).toBe('connected');
    expect((await proxy()).port).toBe(port);
    expect(await readFile(file(), 'utf8')).toContain('current-context: ""');
    expect(await tabs()).toBe(1);

    await connections.disconnectAll({ again: false });
    await stop();
    await start();
    expect(connections.open()).toEqual([]);
  },
);

test('one that is connected again while it is being disconnected is connected in the end', async () => {
  await connect();
  for (let at = 0; at < 5; at += 1) {
    const closing = connections.disconnect([cluster.id]);
    await connect();
    await closing;
    expect(connections.open()).toEqual([cluster.id]);
    expect(status()).toBe('connected');
  }
});
