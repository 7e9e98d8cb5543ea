import { expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

const cluster = 'payments-staging-eu';
const hostname = 'payments-staging.k8s.acme.example';

let world: World;
let commandLine: CommandLine;

eachInWorld(
  (started) => {
    ({ world, commandLine } = started);
  },
  { kubeconfig: 'apiVersion: v1\nkind: Config\n' },
);

test('what kubectl cannot be told is in status and in the journal, by program and cluster; a waiting one can be tried now', async (context) => {
  const { kubectl, run, tunnels } = commandLine;
  if (kubectl === undefined) return context.skip('kubectl is not on PATH');
  await tunnels('connect', cluster);
  const lift = world.traffic.inject({
    service: 'edge',
    operation: 'upgrade',
    scope: hostname,
    does: { kind: 'throttle' },
  });
  world.access.dropConnections(hostname);
  const asked = await run(kubectl, ['--context', cluster, 'get', 'namespaces']);
  expect(asked.code).not.toBe(0);
  expect(asked.stderr).not.toContain('HTTP 429');

  const reason = new RegExp(
    `${cluster}: kubectl \\(process \\d+\\) was not connected, at edge: edge-failed: ${hostname} limits`,
  );
  const status = async () => (await run('k8s-tunnels', ['status'])).stdout;
  await vi.waitFor(async () => expect(await status()).toMatch(reason), { timeout: 20_000, interval: 50 });
  const { entries } = await tunnels<Output<'activity'>>('activity');
  expect(entries.find(({ kind }) => kind === 'client-failed')).toMatchObject({
    title: cluster,
    process: { name: 'kubectl' },
    failure: { stage: 'edge', error: { code: 'edge-failed' } },
  });

  // The text of a waiting tunnel names the command, and that tries at once.
  await vi.waitFor(async () => expect(await status()).toContain(`k8s-tunnels connect --add ${cluster}`), {
    timeout: 20_000,
    interval: 50,
  });
  const failed = await run('k8s-tunnels', ['connect', '--add', cluster]);
  expect(failed.code).not.toBe(0);
  expect(failed.stderr).toContain('HTTP 429');
  lift();
  expect((await run('k8s-tunnels', ['connect', '--add', cluster])).code).toBe(0);
  expect(await status()).toContain('connected for');
});
