import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect as dial } from 'node:net';
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

const titles = ['payments-staging', 'search-staging'] as const;
const [first, second] = titles;

let rig: Rig;
let catalog: Catalog;
let kubeconfig: Kubeconfig;
let connections: Connections;
let clusters: readonly Cluster[];

beforeEach(async () => {
  rig = await startRig({ onDemand: (id) => connections.demand(id, { interactive: true }) });
  clusters = titles.map((title) => rig.cluster(title));
  catalog = await createCatalog({
    folder: path.join(rig.folder, 'catalog'),
    clock: systemClock,
    logger: silentLogger,
  });
  catalog.apply(cell(listed(...clusters)));
  const file = path.join(rig.world.home, '.kube', 'config');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'apiVersion: v1\nkind: Config\n', { mode: 0o600 });
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
    notice: () => {},
    noticeOnce: () => {},
    keepsEntries: () => true,
  });
  await connections.restore();
  const { outcomes } = await connections.connect({
    clusters,
    source: { kubeconfig: undefined, cwd: rig.world.home, home: rig.world.home },
    mode: 'add',
    switches: false,
    signal: new AbortController().signal,
  });
  expect(outcomes.map(({ status }) => status)).toEqual(['connected', 'connected']);
});

afterEach(async () => {
  await kubeconfig.close();
  await catalog.close();
  await rig.close();
});

/** Asks a cluster's port for the cluster by CONNECT. Resolves with the first line of the answer. */
async function ask(title: string): Promise<string> {
  const cluster = rig.cluster(title);
  const local = rig.tunnels.find(cluster.id)?.localPort();
  if (local === undefined) throw new Error(`${title} has no port`);
  const { user, password } = local.credentials;
  const socket = dial({ host: '127.0.0.1', port: local.port });
  const secret = Buffer.from(`${user}:${password}`).toString('base64');
  const { host } = new URL(cluster.server);
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${secret}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const whole = String(answer);
  if (!whole.startsWith('HTTP/1.1 200')) return whole + (await text(socket));
  socket.destroy();
  return 'HTTP/1.1 200';
}

const tabs = async () => (await rig.world.browser.tabs()).length;
const identityChecks = () => rig.world.traffic.count('access', 'get-identity');
const kindOf = (title: string) => rig.tunnels.find(rig.cluster(title).id)?.state().status;

test('after a revoke the first client waits for one sign-in, and the other cluster goes on without a client', async () => {
  rig.world.access.revokeAll();
  rig.world.access.endSessions();
  rig.tunnels.find(rig.cluster(second).id)?.wake();
  expect(await rig.until(second, 'failed')).toMatchObject({
    failure: { stage: 'access', error: { code: 'access-login-needed' } },
  });
  expect(await tabs()).toBe(1);
  expect((await rig.access.sessions()).sessions).toEqual([]);
  expect((await rig.access.sessions()).ended).toMatchObject([
    { authDomain: 'acme.cloudflareaccess.com', isRevoked: true },
  ]);
  // The token itself says that it lasts for days.
  const org = path.join(rig.world.home, '.cloudflared', 'acme.cloudflareaccess.com-org-token');
  const { exp } = JSON.parse(
    Buffer.from((await readFile(org, 'utf8')).split('.')[1] ?? '', 'base64url').toString(),
  );
  expect(exp * 1000).toBeGreaterThan(Date.now() + 60_000);

  expect(kindOf(first)).toBe('connected');
  expect(await ask(first)).toBe('HTTP/1.1 200');
  expect(await tabs()).toBe(2);
  connections.resume(() => true);
  await rig.until(second, 'connected');
  expect(await ask(second)).toBe('HTTP/1.1 200');
  expect(await tabs()).toBe(2);
  expect((await rig.access.sessions()).ended).toEqual([]);
  expect((await rig.access.sessions()).sessions).toHaveLength(1);
});

test('the team is asked once for all whose tokens are refused, and nothing is exchanged', async () => {
  const logins = () => rig.world.traffic.count('access', 'login');
  const before = { checks: identityChecks(), logins: logins() };
  rig.world.access.revokeAll();
  rig.world.access.endSessions();
  for (const tunnel of rig.tunnels.list()) tunnel.wake();
  await Promise.all(titles.map((title) => rig.until(title, 'failed')));
  expect(identityChecks() - before.checks).toBe(1);
  expect(logins() - before.logins).toBe(0);
});

test('one application that wants a login of its own is no session that has ended', async () => {
  const hostname = 'payments-staging.k8s.acme.example';
  rig.world.access.revokeApp(hostname);
  const { request } = rig.network;
  vi.spyOn(rig.network, 'request').mockImplementation((url, options) =>
    url.pathname.startsWith('/cdn-cgi/access/login/')
      ? Promise.resolve({ status: 200, headers: {}, body: Buffer.from('<h1>Sign in with</h1>') })
      : request(url, options),
  );
  rig.tunnels.find(rig.cluster(first).id)?.wake();
  await rig.until(first, 'failed');
  expect((await rig.access.sessions()).ended).toEqual([]);
  expect((await rig.access.sessions()).sessions).toHaveLength(1);
  expect(kindOf(second)).toBe('connected');
});

test.each(['throttle', 'error'] as const)(
  'a login that the team answers with an %s ends nothing and asks for no sign-in',
  async (kind) => {
    rig.world.access.revokeApp('payments-staging.k8s.acme.example');
    const lift = rig.world.traffic.inject({ service: 'access', operation: 'login', does: { kind } });
    rig.tunnels.find(rig.cluster(first).id)?.wake();
    expect(await rig.until(first, 'reconnecting')).toMatchObject({
      failure: { stage: 'edge', error: { code: 'edge-failed', retryable: true } },
    });
    expect((await rig.access.sessions()).ended).toEqual([]);
    lift();
    await rig.until(first, 'connected');
    expect(await tabs()).toBe(1);
  },
);

test('a team that does not answer has ended nothing', async () => {
  rig.world.access.revokeApp('payments-staging.k8s.acme.example');
  rig.world.traffic.inject({ service: 'access', operation: 'get-identity', does: { kind: 'error' } });
  rig.tunnels.find(rig.cluster(first).id)?.wake();
  await vi.waitFor(() => expect(identityChecks()).toBeGreaterThan(0));
  expect(await ask(first)).toBe('HTTP/1.1 200');
  expect(await tabs()).toBe(1);
  expect((await rig.access.sessions()).ended).toEqual([]);
});
