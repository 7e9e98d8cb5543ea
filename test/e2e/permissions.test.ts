import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { blocksOf } from '../docs/blocks.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Runner, startRunner } from './ci-job.ts';
import { type Hidden, permissionsFolder, permissionsIn, permissionsUsed, withdraw } from './rights.ts';

// docs/permissions.md: what each role calls is what its files allow, and without any one of them something is missing.

const member = {
  project: 'acme-shop',
  location: 'global',
  name: 'depot',
  labels: { 'k8s-tunnels-environment': 'edge' },
  cluster: 'depot-berlin',
};

/** The clouds' clusters without anything that is wrong, and what of them a missing permission hides. */
function planned(): { readonly plan: Plan; readonly hidden: Hidden } {
  const { azure, gcp } = defaultPlan;
  const hidden = {
    projects: gcp.projects.filter(({ gke }) => gke === 'enabled'),
    aks: azure.aks.slice(0, 2),
  };
  const plan = {
    ...defaultPlan,
    accounts: defaultPlan.accounts.slice(0, 2),
    identityCenter: { ...defaultPlan.identityCenter, accounts: [] },
    deniedCells: [],
    optInRegions: ['eu-south-2'],
    eks: [
      ...defaultPlan.eks.filter(({ name }) => ['payments-staging', 'tools'].includes(name)),
      { account: '111122223333', region: 'eu-south-2', name: 'milan', tags: {} },
    ],
    azure: {
      ...azure,
      tenants: azure.tenants.slice(0, 1),
      subscriptions: azure.subscriptions.slice(0, 1),
      aks: hidden.aks,
    },
    gcp: { ...gcp, projects: hidden.projects, memberships: [member] },
  };
  return { plan, hidden };
}

/** Each permission costs a new agent and a discovery. */
const patience = { timeout: 300_000 };

let world: World;
let runner: Runner | undefined;
let commandLine: CommandLine | undefined;
afterEach(async () => {
  await runner?.close();
  await commandLine?.stop();
  await world.close();
  runner = undefined;
  commandLine = undefined;
});

describe('CI', () => {
  const files = ['aws-read.json', 'aws-assume.json', 'gcp-ci.yaml', 'azure-ci.json'];
  const organisation = `version: 1
name: Acme
sources: { vault: { enabled: false } }
connectors: [builtin, cloudflared, direct]
`;
  const lint =
    'k8s-tunnels quit > /dev/null; rm -rf ~/.local ~/.cache; k8s-tunnels setup ./ci.yaml --yes > /dev/null; k8s-tunnels lint-tags --fresh --json';

  test('calls what its roles allow, and notices the lack of each permission', patience, async () => {
    const { plan, hidden } = planned();
    world = await startWorld({ plan });
    runner = await startRunner({ world, secrets: {}, organisation });
    const last = (await runner.run('lint', { '--fresh --strict': '--fresh --json' })).at(-1);
    expect(last?.code).toBe(0);
    const found = JSON.parse(last?.stdout ?? '') as { readonly clusters: number };
    expect(found).toMatchObject({ clusters: 10, complete: true });
    const allowed = await permissionsIn(...files);
    expect([...permissionsUsed(world)].sort()).toEqual([...allowed].sort());

    for (const permission of allowed) {
      const giveBack = withdraw(world, hidden, permission);
      const { code, stdout } = await runner.script(lint);
      giveBack();
      const without = JSON.parse(stdout) as { readonly clusters: number };
      // What a cloud leaves out without a word, nobody can notice but by the number.
      const isSilent = /managedClusters|gkehub|ListRegions/.test(permission);
      expect([permission, code]).toEqual([permission, isSilent ? 0 : 7]);
      expect(without.clusters).toBeLessThan(found.clusters);
    }
    expect((await runner.script(lint)).code).toBe(0);
  });
});

describe('a developer', () => {
  const files = ['aws-read.json', 'gcp-developer.yaml', 'azure-developer.json'];
  /** Clusters to connect, by the permission that this needs, or of a cloud where it needs none. */
  const reached: Readonly<Record<string, string>> = {
    eks: 'payments-staging-eu',
    gke: 'storefront-staging',
    'gkehub.gateway.get': 'depot',
    'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action': 'loyalty-staging',
  };

  test('calls what the roles allow, and lacks something without each permission', patience, async () => {
    const { plan, hidden } = planned();
    world = await startWorld({ plan });
    commandLine = await createCommandLine(world);
    const { run } = commandLine;
    const json = async <T>(...args: readonly string[]) =>
      JSON.parse((await run('k8s-tunnels', [...args, '--json'])).stdout) as T;
    const discover = async () => {
      const { failed } = await json<Output<'discover'>>('discover');
      const { clusters } = await json<Output<'snapshot'>>('list', '--all');
      return { failed: failed.length, clusters: clusters.filter(({ unread }) => !unread) };
    };
    const whole = await discover();
    const idOf = (name: string) =>
      whole.clusters.find(({ title, source }) => title === name && source !== 'vault')?.id ?? name;
    for (const name of Object.values(reached)) {
      const { code, stderr } = await run('k8s-tunnels', ['connect', idOf(name), '--add']);
      expect([name, code, code === 0 ? '' : stderr]).toEqual([name, 0, '']);
    }
    const allowed = await permissionsIn(...files);
    expect([...permissionsUsed(world)].sort()).toEqual([...allowed].sort());

    for (const permission of allowed) {
      // What is known from before needs no request.
      await commandLine.stop();
      for (const folder of ['.local', '.cache'])
        await rm(path.join(world.home, folder), { recursive: true, force: true });
      const name = reached[permission];
      if (name !== undefined) await discover();
      const giveBack = withdraw(world, hidden, permission);
      if (name === undefined) {
        const { failed, clusters } = await discover();
        const isLess = failed > whole.failed || clusters.length < whole.clusters.length;
        expect([permission, isLess]).toEqual([permission, true]);
      } else expect((await run('k8s-tunnels', ['connect', idOf(name), '--add'])).code).not.toBe(0);
      giveBack();
    }
  });
});

test('docs/permissions.md quotes every file as it is', async () => {
  world = await startWorld();
  const quoted = (await blocksOf('docs/permissions.md')).filter(({ kind }) => kind === 'permissions');
  const files = await readdir(permissionsFolder);
  const texts = await Promise.all(files.map((file) => readFile(path.join(permissionsFolder, file), 'utf8')));
  expect(quoted.map(({ text }) => text).sort()).toEqual(texts.sort());
});
