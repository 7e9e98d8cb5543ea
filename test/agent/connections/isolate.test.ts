import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Terminal } from '../../../main/model/terminal.ts';
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
let shown: readonly Terminal[];
let running: Set<number>;
beforeEach(async () => {
  asks = false;
  shown = [];
  running = new Set([10, 11]);
  rig = await startRigWith(
    {
      asksInTerminals: () => asks,
      onTerminals: (terminals) => {
        shown = terminals;
      },
      processes: { startOf: () => 1, isRunning: ({ pid }) => running.has(pid) },
    },
    staging,
    prod,
    broken,
  );
  await rig.connections.restore();
});
afterEach(() => rig.close());

const isolate = (
  clusters: readonly (typeof staging)[],
  more: Partial<Parameters<Rig['connections']['isolate']>[0]> = {},
) =>
  rig.connections.isolate({
    clusters,
    kind: 'shell',
    pid: 10,
    signal: new AbortController().signal,
    ...more,
  });

test('opens the tunnel and touches nothing of the user: no kubeconfig, no current context, no on-demand context', async () => {
  await rig.connect([staging]);
  const before = await rig.text();
  const { outcomes, terminals } = await isolate([prod], { namespace: 'ledger' });
  expect(outcomes).toMatchObject([{ status: 'connected', context: 'prod' }]);
  expect(await rig.text()).toBe(before);
  expect(rig.connections.kept()).toEqual([]);
  const [terminal] = terminals;
  const text = await readFile(terminal?.file ?? '', 'utf8');
  expect(text).toMatch(/namespace: "?ledger"?/);
  expect(text).not.toContain('staging');
  expect(shown).toMatchObject([{ cluster: prod.id, namespace: 'ledger', production: true }]);
});

test('its tunnel closes with the last terminal, and stays where something else has it open', async () => {
  await rig.connect([staging]);
  const both = [await isolate([staging, prod]), await isolate([staging, prod], { pid: 11 })];
  const ids = both.map(({ terminals }) => terminals.map(({ id }) => id));
  await rig.connections.endTerminals(ids[0] ?? []);
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected', [prod.id]: 'connected' });
  await rig.connections.endTerminals(ids[1] ?? []);
  await vi.waitFor(() => expect(rig.statuses()).toEqual({ [staging.id]: 'connected' }));
  expect(shown).toEqual([]);
});

test('lists production first, then by cluster', async () => {
  await isolate([staging]);
  await isolate([staging, prod], { pid: 11 });
  expect(shown.map(({ cluster, pid }) => [cluster, pid])).toEqual([
    [prod.id, 11],
    [staging.id, 10],
    [staging.id, 11],
  ]);
});

test('of several, one that fails is an outcome, and leaves no tunnel behind', async () => {
  const { outcomes, terminals } = await isolate([broken, staging]);
  expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'connected']);
  expect(terminals.map(({ cluster }) => cluster)).toEqual([staging.id]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
});

test('production is marked; where the organisation says so it asks first, and opens nothing before the answer', async () => {
  expect((await isolate([prod])).terminals).toHaveLength(1);
  asks = true;
  await expect(isolate([staging, prod], { pid: 11 })).rejects.toMatchObject({
    code: 'production-unconfirmed',
    hint: expect.stringContaining('--production'),
  });
  expect(rig.statuses()).toEqual({ [prod.id]: 'connected' });
  expect((await isolate([staging, prod], { pid: 11, production: true })).terminals).toHaveLength(2);
});

test('a caller that goes away leaves no terminal and no tunnel', async () => {
  const controller = new AbortController();
  const { open } = rig.tunnels.tunnel(staging);
  rig.tunnels.tunnel(staging).open = async (how) => {
    const state = await open(how);
    controller.abort();
    return state;
  };
  await expect(isolate([staging], { signal: controller.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(shown).toEqual([]);
  expect(rig.statuses()).toEqual({});
});

test('disconnecting its cluster closes the tunnel, whose port listens on: the next command opens it again', async () => {
  await isolate([staging]);
  expect(rig.connections.open()).toEqual([staging.id]);
  expect((await rig.connections.disconnect([staging.id])).closed).toEqual([staging.id]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
  await rig.connections.demand(staging.id, { interactive: false });
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  expect(await rig.text()).toBeUndefined();
});

test('a form of its own is that of its file alone', async () => {
  const { terminals } = await isolate([staging], { form: 'connect' });
  expect(await readFile(terminals[0]?.file ?? '', 'utf8')).toContain('proxy-url: "http://u:p@127.0.0.1:');
  const other = await isolate([staging], { pid: 11 });
  expect(await readFile(other.terminals[0]?.file ?? '', 'utf8')).toContain('proxy-url: "socks5://');
});

test('removed from the kubeconfig, its cluster goes on in the terminal', async () => {
  await rig.connect([staging]);
  await isolate([staging]);
  await rig.connections.remove([staging.id]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
  await rig.connections.demand(staging.id, { interactive: false });
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  running.delete(10);
});
