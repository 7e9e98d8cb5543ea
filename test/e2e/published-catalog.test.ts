import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNetwork } from '../../main/agent/network/network.ts';
import { silentLogger, systemClock } from '../../main/agent/parts.ts';
import { createAws } from '../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../main/agent/providers/aws/eks.ts';
import type { Output } from '../../main/api/contract.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import { discoverOnce } from '../agent/discovery/clouds.ts';
import { createPublisherKey, type Publication, publication } from '../world/catalog/publication.ts';
import type { CatalogServer } from '../world/catalog/server.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { catalogHost, startWorld, type World } from '../world/world.ts';

// A person of an organisation whose configuration says `sources.catalog.mode: only`, with the built product.

const key = createPublisherKey();
let world: World;
let catalog: CatalogServer;
let commandLine: CommandLine;
let found: readonly Cluster[];

beforeAll(async () => {
  world = await startWorld({ catalog: true });
  if (world.catalog === undefined) throw new Error('the world has no catalog');
  catalog = world.catalog;
  found = await discoverAsPublisher();
  // Nobody is signed in to a cloud here. The keys of a profile are for the clusters' APIs.
  for (const left of ['.aws/sso', '.azure', '.vault-token', '.config/gcloud'])
    await rm(path.join(world.home, left), { recursive: true });
  await writeFile(
    path.join(world.home, 'managed.yaml'),
    [
      'version: 1',
      'name: Acme',
      `access: {team: ${world.plan.team}}`,
      `sources: {catalog: {url: 'https://${catalogHost}', publicKeys: [${key.publicKey}], mode: only}}`,
    ].join('\n'),
    { mode: 0o600 },
  );
  commandLine = await createCommandLine(world, { VAULT_ADDR: '' });
  world.traffic.reset();
});
afterAll(async () => {
  await commandLine?.stop();
  await world?.close();
});

/** What the platform team's own sign-ins list. */
async function discoverAsPublisher(): Promise<readonly Cluster[]> {
  const { env, home } = world;
  const network = createNetwork({});
  const aws = createAws({ env, home, network, clock: systemClock, logger: silentLogger, folder: undefined });
  const regions = ['eu-west-1', 'eu-central-1', 'us-east-1'];
  const { clusters } = await discoverOnce(createEksSource({ aws, regions }));
  network.reset();
  return clusters;
}

const groupsOf: Readonly<Record<string, string>> = {
  'payments-staging': 'engineering',
  'lake-prod': '*',
  'ledger-prod': 'finance',
};
function published(revision: number, more: Partial<Parameters<typeof publication>[0]> = {}): Publication {
  const entries = found.flatMap((cluster) => {
    const group = groupsOf[cluster.name];
    return group === undefined ? [] : [{ cluster, audience: [group] }];
  });
  return publication({ key, entries, revision, ...more });
}

const titles = async () => {
  const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list', '--all');
  return clusters.map(({ title }) => title).sort((a, b) => a.localeCompare(b));
};
const discover = () => commandLine.run('k8s-tunnels', ['discover']);
const listings = () =>
  (['eks', 'sso', 'account', 'arm', 'entra', 'gke', 'gkehub', 'resource-manager', 'vault'] as const).filter(
    (service) => world.traffic.count(service) > 0,
  );

it('says that the catalog is empty for the user, not that a session of a cloud is missing', async () => {
  catalog.publish(publication({ key, entries: [], revision: 1 }));
  await discover();
  const { stdout, stderr } = await commandLine.run('k8s-tunnels', ['list']);
  expect(stdout + stderr).toContain('the catalog of Acme lists none for you');
  const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
  expect(accounts.filter(({ needed }) => needed === true)).toEqual([]);
  expect(listings()).toEqual([]);
});

it('lists what the groups of the user may see after one sign-in, and asks no cloud', async () => {
  catalog.publish(published(2));
  const { code, stderr } = await discover();
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await titles()).toEqual(['lake-prod', 'payments-staging-eu']);
  expect(await world.browser.tabs()).toHaveLength(1);
  expect(listings()).toEqual([]);
  expect(world.traffic.count('sts')).toBe(0);
});

it('reaches a cluster with the user’s own credential', async () => {
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', 'payments-staging-eu', '--add');
  expect(results).toMatchObject([{ status: 'connected' }]);
  expect(await createKubeClient(commandLine).namespaces('payments-staging-eu')).toContain('kube-system');
  expect(await world.browser.tabs()).toHaveLength(1);
  expect(listings()).toEqual([]);
});

it('is no way around Access: what the catalog lists, the policy of its application still decides', async () => {
  const { code, stdout } = await commandLine.run('k8s-tunnels', ['connect', 'lake-prod', '--add', '--json']);
  expect(code).toBe(3);
  expect(stdout).toContain('access-denied');
});

it.each<[string, () => Publication]>([
  ['an old revision', () => published(1)],
  [
    'a foreign key',
    () => {
      const foreign = createPublisherKey();
      return publication({ key: foreign, entries: [], revision: 9 });
    },
  ],
  ['a stale manifest', () => published(9, { publishedAt: new Date(Date.now() - 3_600_000), maxAge: 60 })],
])('refuses %s, and the last good one serves', async (_, bad) => {
  catalog.publish(published(5));
  await discover();
  catalog.publish(bad());
  expect((await discover()).stdout).toContain("The organisation's catalog is refused");
  expect(await titles()).toEqual(['lake-prod', 'payments-staging-eu']);
  const { stdout } = await commandLine.run('k8s-tunnels', ['status']);
  expect(stdout).toContain("The organisation's catalog is refused");
  catalog.publish(published(5));
  expect(await discover()).toMatchObject({ code: 0 });
});

it('refuses a poisoned record', async () => {
  catalog.publish(published(6));
  catalog.tamper((answer) => ({
    ...answer,
    bundles: answer.bundles.map((records) =>
      records.map((record) => ({
        ...record,
        payload: Buffer.from(
          Buffer.from(record.payload, 'base64').toString().replaceAll('k8s.acme.example', 'k8s.evil.example'),
        ).toString('base64'),
      })),
    ),
  }));
  expect((await discover()).stdout).toContain('the signature of a record is wrong');
  const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list', '--all');
  expect(JSON.stringify(clusters)).not.toContain('evil');
  expect(clusters).toHaveLength(2);
  catalog.tamper(undefined);
});

it('costs nothing but freshness when the Worker is down, after a start too', async () => {
  const lift = world.traffic.inject({ service: 'catalog', does: { kind: 'drop' } });
  await commandLine.run('k8s-tunnels', ['quit']);
  expect(await titles()).toEqual(['lake-prod', 'payments-staging-eu']);
  expect(await discover()).toMatchObject({ code: 7 });
  expect(await createKubeClient(commandLine).namespaces('payments-staging-eu')).toContain('kube-system');
  const { stdout } = await commandLine.run('k8s-tunnels', ['status']);
  expect(stdout).toMatch(/Catalog of Acme: revision \d+, published .* ago/);
  lift();
  expect(await discover()).toMatchObject({ code: 0 });
});

it('removes what has left the catalog', async () => {
  const left = publication({
    key,
    entries: found
      .filter(({ name }) => name === 'lake-prod')
      .map((cluster) => ({ cluster, audience: ['*'] })),
    revision: 20,
  });
  catalog.publish(left);
  expect(await discover()).toMatchObject({ code: 0 });
  expect(await titles()).toEqual(['lake-prod']);
  expect(listings()).toEqual([]);
});
