import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Cluster } from '../../../main/model/cluster.ts';
import { defaultPlan } from '../../world/plan.ts';
import { type Rig, startRig } from './rig.ts';

// An API that is published as a web application: the tunnel is requests to the edge, with the user's Access token.

const title = 'payments-staging';
const hostname = 'payments-web.k8s.acme.example';
const reach: Cluster['reach'] = { kind: 'tunnel', hostname, origin: 'https' };

let rig: Rig;
afterEach(() => rig.close());

async function start(
  more: Partial<(typeof defaultPlan.applications)[number]> = {},
  options: Parameters<typeof startRig>[0] = {},
): Promise<void> {
  const application = { hostname, origin: 'https', cluster: title, ...more } as const;
  const plan = { ...defaultPlan, applications: [...defaultPlan.applications, application] };
  rig = await startRig({ plan, ...options });
}
const failureOf = async (change: Partial<Cluster> = {}) => {
  const { state } = await rig.open(title, { reach, ...change });
  return 'failure' in state ? { stage: state.failure.stage, ...state.failure.error } : state;
};

test('is open after a login, has no port of its own, and shows what it can tell apart', async () => {
  await start();
  const { tunnel, state } = await rig.open(title, { reach });
  expect(state).toMatchObject({
    status: 'connected',
    probe: { stages: [{ stage: 'edge' }, { stage: 'readyz' }] },
  });
  expect(rig.statuses(title)).toEqual(['connecting', 'logging-in', 'connecting', 'connected']);
  expect(tunnel.connector()).toBe('builtin');
  expect(tunnel.localPort()).toBeUndefined();
  expect(tunnel.traffic()).toBeUndefined();
  // Through the company's proxy, verified by the CA certificates of this computer.
  expect(rig.world.traffic.served).toContainEqual(
    expect.objectContaining({ service: 'proxy', scope: `${hostname}:443` }),
  );
});

test('gets a new token without a login when the edge has dropped the old one', async () => {
  await start();
  const { tunnel } = await rig.open(title, { reach });
  const logins = rig.world.traffic.count('idp', 'sign-in');
  rig.world.access.revokeApp(hostname);
  rig.clock.skip(10_000);
  tunnel.wake();
  await rig.until(title, 'connected');
  rig.clock.skip(30_000);
  await rig.until(title, 'connected');
  expect(rig.statuses(title)).not.toContain('failed');
  expect(rig.world.traffic.count('idp', 'sign-in')).toBe(logins);
});

test('a policy that denies the user fails at Access, and names the Ray ID', async () => {
  await start({ admits: ['grace@acme.example'] });
  // The session of another application: the edge denies the exchange.
  await rig.open('search-staging');
  expect(await failureOf()).toMatchObject({ stage: 'access', code: 'access-denied' });
});

test('a token of another application is refused at Access', async () => {
  await start();
  await rig.open('search-staging');
  const other = await rig.access.token('search-staging.k8s.acme.example', {
    interactive: false,
    signal: new AbortController().signal,
  });
  const cluster = rig.cluster(title, { reach });
  const { token } = rig.access;
  Object.assign(rig.access, { token: async () => other });
  expect(await rig.tunnels.tunnel(cluster).open({ interactive: false, persist: false })).toMatchObject({
    status: 'failed',
    failure: { stage: 'access', error: { code: 'access-denied' } },
  });
  Object.assign(rig.access, { token });
});

test('an origin that is down is told apart from Access and the API server', async () => {
  await start({ cluster: 'nowhere' });
  expect(await failureOf()).toMatchObject({ stage: 'origin', code: 'origin-failed' });
});

test('an API server that is not ready is told apart from its origin', async () => {
  await start();
  rig.world.api(title).setReady(false);
  expect(await failureOf()).toMatchObject({ stage: 'readyz', code: 'kube-unready' });
});

test('a cluster whose users log in with client certificates says why it cannot be reached', async () => {
  await start();
  const aks = { kind: 'aks', tenant: 't', subscription: 's', resourceGroup: 'g', cluster: 'c' } as const;
  await expect(
    rig.open(title, { reach, credential: { ...aks, login: { kind: 'client-certificate' } } }),
  ).rejects.toMatchObject({ code: 'no-tunnel', message: expect.stringContaining('client certificates') });
});

test('an organisation that allows no connector of ours refuses it', async () => {
  await start({}, { rules: () => ({ name: 'Acme', allowed: ['cloudflared'], default: undefined }) });
  await expect(rig.open(title, { reach })).rejects.toMatchObject({
    code: 'connector-refused',
    hint: 'Ask Acme to list builtin under connectors.',
  });
});

test('opens no login to another team than those that the user has signed in to', async () => {
  await start();
  await mkdir(path.join(rig.world.home, '.cloudflared'), { recursive: true });
  await writeFile(
    path.join(rig.world.home, '.cloudflared', 'globex.cloudflareaccess.com-org-token'),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"exp":1,"iat":0,"iss":"https://globex.cloudflareaccess.com"}').toString('base64url')}.x`,
    { mode: 0o600 },
  );
  expect(await failureOf()).toMatchObject({ stage: 'access', code: 'access-foreign-team' });
  expect(await rig.world.browser.tabs()).toEqual([]);
});
