import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

// The built command line compares clusters of the world. One of them has no origin.

const staging = 'payments-staging-eu';
const production = 'payments-prod-eu';
const places = ['-n', `${staging}=payments-staging`, '-n', `${production}=payments-prod`, '-n', 'default'];

let world: World;
let commandLine: CommandLine;
beforeAll(async () => {
  world = await startWorld();
  commandLine = await createCommandLine(world);
  world.api('payments-prod').addPod({
    namespace: 'payments-prod',
    name: 'web-6d4cf56db6-zzzzz',
    deployment: 'web',
    state: 'CrashLoopBackOff',
  });
});
afterAll(async () => {
  await commandLine?.stop();
  await world?.close();
});

test('compares what it can read, says why it cannot read the rest, and only reads', async () => {
  const before = world.traffic.served.length;
  const { code, stdout, stderr } = await commandLine.run('k8s-tunnels', [
    'compare',
    staging,
    production,
    'tools-next',
    ...places,
  ]);
  expect(stderr).toMatch(/✗ tools-next {2}could not be read: .*origin/);
  expect(code).toBe(7);
  expect(stdout).toMatch(/^≠ +restarts +0 +7 ≠ +\?$/m);
  expect(stdout).toMatch(/^ +ready +2\/2 +2\/2 +\?$/m);
  expect(stdout).toMatch(/^ +namespace +payments-staging +payments-prod +default$/m);
  expect(stdout).toContain('payments-prod-eu (production)');
  expect(stdout).toContain('1 difference in 1 workload');

  const asked = world.traffic.served.slice(before).filter(({ service }) => service === 'kube');
  expect(
    asked.map(({ operation }) => operation).filter((one) => !/^(?:get|list|readyz|version)\b/.test(one)),
  ).toEqual([]);
  // Tunnels that nothing else uses are closed again, and the kubeconfig is not touched.
  const status = await commandLine.tunnels<{ tunnels: unknown[]; kept: unknown[]; kubectl: object }>(
    'status',
  );
  expect(status).toMatchObject({ tunnels: [], kept: [], kubectl: {} });
});

test('prints one document, or only what differs; --exit-code says whether anything does', async () => {
  await commandLine.tunnels('connect', '--add', staging);
  const all = await commandLine.tunnels<Output<'compare'>>(
    'compare',
    staging,
    production,
    'deploy',
    ...places,
  );
  expect(all.clusters.map(({ title, namespace }) => [title, namespace])).toEqual([
    [staging, 'payments-staging'],
    [production, 'payments-prod'],
  ]);
  expect(all.workloads.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['Deployment/web']);
  const run = (...args: readonly string[]) =>
    commandLine.run('k8s-tunnels', ['compare', staging, production, ...places, ...args]);
  const different = await run('--different', '--json', '--exit-code');
  expect(different.code).toBe(1);
  expect((JSON.parse(different.stdout) as Output<'compare'>).workloads).toMatchObject([
    { name: 'web', rows: [{ field: 'restarts', cells: [{ text: '0' }, { text: '7', differs: true }] }] },
  ]);
  const missing = await commandLine.run('k8s-tunnels', ['compare', staging, production, '-n', 'nowhere']);
  expect(missing.stderr).toContain('There is no namespace nowhere.');
  expect(missing.code).toBe(7);
  // What the user has open stays open.
  const { tunnels } = await commandLine.tunnels<{ tunnels: { title: string }[] }>('status');
  expect(tunnels.map(({ title }) => title)).toEqual([staging]);
});
