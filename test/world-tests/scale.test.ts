import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { clustersOf } from '../world/plan.ts';
import { scalePlan } from '../world/scale-plan.ts';

test('the numbers asked for are the numbers there are, spread evenly', () => {
  const plan = scalePlan({ accounts: 20, regions: 17, clusters: 300, projects: 200, gke: 400, aks: 2500 });
  expect(plan.identityCenter.accounts).toHaveLength(20);
  expect(clustersOf(plan)).toHaveLength(300 + 400 + 2500);
  expect(new Set(clustersOf(plan).map(({ name }) => name)).size).toBe(3200);
  const perAccount = Map.groupBy(plan.eks, ({ account }) => account);
  expect([...perAccount.values()].map(({ length }) => length)).toEqual(Array(20).fill(15));
  for (const clusters of perAccount.values()) {
    expect(new Set(clusters.map(({ region }) => region)).size).toBe(15);
  }
  expect(new Set(plan.eks.map(({ region }) => region)).size).toBe(17);
  expect(plan.gcp.projects).toHaveLength(200);
  expect(plan.azure.subscriptions).toHaveLength(3);
});

test('no more regions than asked for; a world of none', () => {
  const plan = scalePlan({ accounts: 2, regions: 3, clusters: 30 });
  expect(new Set(plan.eks.map(({ region }) => region)).size).toBe(3);
  expect(clustersOf(scalePlan({ accounts: 1, regions: 1, clusters: 0 }))).toEqual([]);
});

test('the command starts such a world, and names a flag that is no number', { timeout: 60_000 }, async () => {
  const program = 'test/world/index.ts';
  const world = execa(
    process.execPath,
    [program, '--json', '--accounts', '4', '--clusters', '40', '--latency', '5'],
    {
      reject: false,
    },
  );
  const [line] = await once(createInterface({ input: world.stdout }), 'line');
  world.kill('SIGTERM');
  const { env, clusters } = JSON.parse(line);
  expect(env.AWS_ENDPOINT_URL).toMatch(/^http:/);
  expect(clusters).toHaveLength(40);
  expect(new Set(clusters.map(({ account }: { account: string }) => account)).size).toBe(4);
  expect(await world).toMatchObject({ exitCode: 0 });
  const refused = await execa(process.execPath, [program, '--clusters', 'many'], { reject: false });
  expect(refused).toMatchObject({ exitCode: 2, stderr: '--clusters takes a number, not many.' });
});
