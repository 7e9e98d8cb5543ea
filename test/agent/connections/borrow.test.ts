import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Try } from '../../../main/agent/connections/open-one.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { type Rig, startRigWith } from './rig.ts';

const tagged = (name: string, environment = 'staging') =>
  eksCluster(name, {
    tags: { 'k8s-tunnels-hostname': `${name}.example.com`, 'k8s-tunnels-environment': environment },
  });
const staging = tagged('staging');
const prod = tagged('prod', 'production');
const broken = tagged('broken');

let rig: Rig;
let asks: boolean;
beforeEach(async () => {
  asks = false;
  rig = await startRigWith({ asksInTerminals: () => asks }, staging, prod, broken);
  await rig.connections.restore();
});
afterEach(() => rig.close());

const borrow = <T>(
  clusters: readonly (typeof staging)[],
  use: (opened: Try) => Promise<T>,
  more: { readonly production?: boolean; readonly signal?: AbortSignal } = {},
) => rig.connections.borrow({ clusters, signal: new AbortController().signal, ...more }, use);

test('opens tunnels for as long as they are used, and touches nothing of the user', async () => {
  const before = await rig.text();
  const opened = await borrow([staging, prod, broken], async ({ kind, cluster }) => [
    cluster.name,
    kind,
    rig.statuses()[cluster.id],
  ]);
  expect(opened).toEqual([
    ['staging', 'open', 'connected'],
    ['prod', 'open', 'connected'],
    ['broken', 'failed', 'failed'],
  ]);
  expect(rig.statuses()).toEqual({});
  expect(await rig.text()).toBe(before);
  expect([rig.connections.open(), rig.connections.kept(), rig.connections.terminals()]).toEqual([[], [], []]);
});

test('leaves open what the user has open, and an on-demand context as it was', async () => {
  await rig.connect([staging, prod]);
  await rig.connections.disconnect([prod.id]);
  await borrow([staging, prod], async () => {});
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected', [prod.id]: 'idle' });
  expect(rig.connections.kept()).toEqual([prod.id]);
});

test('a tunnel that two borrow closes with the second', async () => {
  const { promise: first, resolve: endFirst } = Promise.withResolvers<void>();
  const { promise: second, resolve: endSecond } = Promise.withResolvers<void>();
  const both = [borrow([staging], () => first), borrow([staging], () => second)];
  endFirst();
  await both[0];
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  endSecond();
  await both[1];
  expect(rig.statuses()).toEqual({});
});

test('what the user connects meanwhile stays open', async () => {
  await borrow([staging], async () => void (await rig.connect([staging])));
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
});

test('nor does it close what the user is connecting, before that is stored', async () => {
  const { promise: opened, resolve: onOpened } = Promise.withResolvers<void>();
  const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>();
  const tunnel = rig.tunnels.tunnel(staging);
  const { open } = tunnel;
  const borrowed = borrow([staging], () => opened);
  await vi.waitFor(() => expect(tunnel.state().status).toBe('connected'));
  tunnel.open = async (how) => {
    const state = await open(how);
    onOpened();
    await goOn;
    return state;
  };
  const connected = rig.connect([staging]);
  await borrowed;
  letGoOn();
  expect((await connected).outcomes).toMatchObject([{ status: 'connected' }]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
});

test('work that fails leaves no tunnel', async () => {
  await expect(borrow([staging], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(rig.statuses()).toEqual({});
});

test('where the organisation asks about production, nothing is opened before the answer', async () => {
  asks = true;
  await expect(borrow([staging, prod], async () => {})).rejects.toMatchObject({
    code: 'production-unconfirmed',
    message: 'prod is a production cluster: your organisation asks before it is opened.',
    hint: expect.stringContaining('--production'),
  });
  expect(rig.statuses()).toEqual({});
  expect(await borrow([prod], async ({ kind }) => kind, { production: true })).toEqual(['open']);
});

test('a caller that goes away closes no tunnel of the user, even one that is opening', async () => {
  await rig.connect([staging]);
  const { promise: never } = Promise.withResolvers<never>();
  const tunnel = rig.tunnels.tunnel(staging);
  tunnel.open = () => never;
  const controller = new AbortController();
  const borrowed = borrow([staging], async () => {}, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await expect(borrowed).rejects.toMatchObject({ code: 'cancelled' });
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
});
