import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AccessTeam, createAccessTeam } from '../world/catalog/access-team.ts';
import { type CatalogWorker, startCatalogWorker } from '../world/catalog/catalog-worker.ts';
import { defaultPlan, type EksCluster } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Runner, startRunner } from './ci-job.ts';

// The workflows of docs/admin.md, step by step, for an organisation with another prefix and other production values.

type Tags = Readonly<Record<string, string>>;
const ours = (tags: Tags): Tags => ({
  ...Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [
      key.replace('k8s-tunnels-', 'globex-'),
      value === 'production' ? 'prd' : value,
    ]),
  ),
  'globex-owner': 'platform',
  'globex-groups': 'sre',
});
const wanted = ['payments-prod', 'tools', 'batch', 'storefront-prod', 'loyalty-prod'];

let eks: EksCluster[];
let deniedCells: string[];
let world: World;
let runner: Runner;
let team: AccessTeam | undefined;
let worker: CatalogWorker | undefined;

beforeEach(async () => {
  const { azure, gcp } = defaultPlan;
  deniedCells = [];
  eks = defaultPlan.eks
    .filter(({ name }) => wanted.includes(name))
    .map((cluster) => ({
      ...cluster,
      tags: ours({ ...cluster.tags, 'k8s-tunnels-hostname': `${cluster.name}.k8s.globex.example` }),
    }));
  world = await startWorld({
    plan: {
      ...defaultPlan,
      deniedCells,
      eks,
      azure: {
        ...azure,
        tenants: azure.tenants.slice(0, 1),
        subscriptions: azure.subscriptions.slice(0, 1),
        aks: azure.aks.flatMap((one) =>
          wanted.includes(one.name) ? [{ ...one, tags: ours(one.tags) }] : [],
        ),
      },
      gcp: {
        ...gcp,
        projects: gcp.projects.filter(({ gke }) => gke !== 'denied'),
        clusters: gcp.clusters.flatMap((one) =>
          wanted.includes(one.name) ? [{ ...one, labels: ours(one.labels) }] : [],
        ),
      },
    },
  });
});
afterEach(async () => {
  await runner.close();
  await world.close();
  await worker?.close();
});

const start = async (secrets: Tags = {}) => {
  runner = await startRunner({ world, secrets });
};
const lastOf = <T>(all: readonly T[]) => all.at(-1);

test('the job installs the product, signs in to each cloud, and finds nothing wrong', async () => {
  await start();
  const steps = await runner.run('lint');
  expect(steps.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(steps.map(() => [0, '']));
  expect(lastOf(steps)?.step).toBe('k8s-tunnels lint-tags --fresh --strict');
  expect(lastOf(steps)?.stderr).toContain('Checked 5 clusters: 0 errors, 0 warnings.');
  // Nothing waits for a person.
  expect(await world.browser.tabs()).toEqual([]);
});

test('tags of another prefix and other words for production end it with 6 and the commands', async () => {
  const at = (name: string) => eks.findIndex((cluster) => cluster.name === name);
  const [prod, tools] = [at('payments-prod'), at('tools')];
  eks[prod] = {
    ...eks[prod],
    tags: { ...eks[prod]?.tags, 'globex-environment': 'production' },
  } as EksCluster;
  const { 'globex-hostname': hostname = '', ...rest } = eks[tools]?.tags ?? {};
  eks[tools] = { ...eks[tools], tags: { ...rest, 'k8s-tunnels-hostname': hostname } } as EksCluster;
  await start();
  const { code, stdout } = lastOf(await runner.run('lint')) ?? {};
  expect(code).toBe(6);
  const payments = 'arn:aws:eks:eu-west-1:444455556666:cluster/payments-prod';
  expect(stdout).toContain(`--resource-arn ${payments} --tags globex-environment=prd\n`);
  const platform = 'arn:aws:eks:eu-central-1:111122223333:cluster/tools';
  expect(stdout).toContain(`--resource-arn ${platform} --tags globex-hostname=${hostname}\n`);
  expect(stdout).toContain(`--resource-arn ${platform} --tag-keys k8s-tunnels-hostname\n`);
});

test.each([
  ['a location that is denied', () => deniedCells.push('777788889999/us-east-1'), 'us-east-1'],
  ['a cloud that is down', () => world.traffic.inject({ service: 'arm', does: { kind: 'drop' } }), 'aks'],
  [
    'a cluster whose details are denied',
    () =>
      world.traffic.inject({
        service: 'eks',
        operation: 'DescribeCluster',
        scope: 'tools',
        does: { kind: 'deny' },
      }),
    'tools',
  ],
])('%s ends it with 7, and is named', async (_, spoil, name) => {
  spoil();
  await start();
  const { code, stdout, stderr } = lastOf(await runner.run('lint')) ?? {};
  expect([code, stdout]).toEqual([7, '']);
  const line = stderr?.split('\n').find((one) => one.includes('Not checked, because it could not be loaded'));
  expect(line).toContain(name);
  const allowed = await runner.run('lint', { '--strict': '--strict --allow-unread' });
  expect(lastOf(allowed)?.code).toBe(0);
});

test('a job that is signed in nowhere does not pass', async () => {
  await start();
  const steps = await runner.run('lint', { 'mkdir -p ~/.aws': 'exit 0' }, { signsIn: false });
  expect(lastOf(steps)).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/of eks was read[\s\S]*of gke was read[\s\S]*of aks was read/),
  });
});

test('the catalog’s job publishes what it finds', async () => {
  team = await createAccessTeam();
  worker = await startCatalogWorker(team);
  await start({
    K8S_TUNNELS_PUBLISH_SECRET: worker.secret,
    K8S_TUNNELS_CATALOG_KEY: worker.privateKey,
  });
  const steps = await runner.run('publish', { 'https://catalog.acme.example': worker.url });
  expect(lastOf(steps)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/Published revision \d+: 5 clusters/),
  });
});
