import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pinnedKeys } from '../../main/agent/providers/catalog/signatures.ts';
import { openManifest, verifyRecords } from '../../main/agent/providers/catalog/verify-catalog.ts';
import type { PublishReport } from '../../main/cli/publish/report-lines.ts';
import { signingKeyFrom } from '../../main/cli/publish/signing-key.ts';
import { catalogAnswerSchema } from '../../main/model/published-catalog.ts';
import { type AccessTeam, createAccessTeam } from '../world/catalog/access-team.ts';
import { type CatalogWorker, startCatalogWorker } from '../world/catalog/catalog-worker.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan, type EksCluster } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';

const groups: Readonly<Record<string, string>> = {
  'payments-staging': 'payments+sre',
  'search-staging': 'sre',
  tools: 'everyone',
};
const tagged = (cluster: EksCluster, more: Readonly<Record<string, string>> = {}): EksCluster => {
  const { [cluster.name]: value } = groups;
  const own = value === undefined ? {} : { 'k8s-tunnels-groups': value };
  return { ...cluster, tags: { ...cluster.tags, ...own, ...more } };
};

let team: AccessTeam;
let worker: CatalogWorker;
let world: World;
let commandLine: CommandLine;
/** What the clouds have, and which locations answer 403: a test changes them. */
let eks: EksCluster[];
let deniedCells: string[];

beforeEach(async () => {
  team = await createAccessTeam();
  worker = await startCatalogWorker(team);
  eks = defaultPlan.eks.map((cluster) => tagged(cluster));
  deniedCells = [...defaultPlan.deniedCells];
  const { gcp, vault } = defaultPlan;
  world = await startWorld({
    plan: {
      ...defaultPlan,
      eks,
      deniedCells,
      gcp: { ...gcp, projects: gcp.projects.filter(({ gke }) => gke !== 'denied') },
      vault: { ...vault, deniedFolders: [] },
    },
  });
  commandLine = await createCommandLine(world, {
    K8S_TUNNELS_PUBLISH_SECRET: worker.secret,
    K8S_TUNNELS_CATALOG_KEY: worker.privateKey,
    K8S_TUNNELS_CATALOG_URL: worker.url,
  });
});
afterEach(async () => {
  await commandLine.stop();
  await world.close();
  await worker.close();
});

const run = (...args: readonly string[]) => commandLine.run(path.join(commandLine.bin, 'k8s-tunnels'), args);
const publish = (...flags: readonly string[]) => commandLine.tunnels<PublishReport>('publish', ...flags);
const get = async (group: string, etag?: string) =>
  fetch(`${worker.url}/v1/catalog`, {
    headers: {
      'cf-access-jwt-assertion': await team.assertion({ custom: { groups: [group] } }),
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    },
  });
/** The names of the clusters that a member of the group gets, verified as the app does. */
const clustersFor = async (group: string) => {
  const answer = catalogAnswerSchema.parse(await (await get(group)).json());
  const keys = pinnedKeys([signingKeyFrom(worker.privateKey, 'the key').publicKey]);
  const clusters = await verifyRecords(answer, await openManifest(answer.manifest, keys), {
    keys,
    verified: new Set<string>(),
  });
  return clusters.map(({ name }) => name).sort();
};

const patience = { timeout: 90_000 };

test('publishes what the clouds have, for whom their tags name', patience, async () => {
  // One location of the world answers 403: nothing is published without a word on it.
  const refused = await run('publish');
  expect(refused).toMatchObject({ code: 7, stdout: expect.stringContaining('+ ') });
  expect(refused.stderr).toContain('us-west-1');
  expect(refused.stderr).toContain('--allow-unread');
  expect((await get('sre')).status).toBe(404);

  const dry = await run('publish', '--allow-unread', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining('Would publish 3 clusters') });
  expect(dry.stdout).toMatch(/\+\s+\S+search-staging\s+for sre\n/);
  expect(dry.stdout).toMatch(/\+\s+\S+tools\s+for everyone\n/);
  expect((await get('sre')).status).toBe(404);

  const first = await publish('--allow-unread');
  expect(first).toMatchObject({ published: true, clusters: 3, bundles: 3, sent: 3, kept: 0 });
  expect(first.noGroups.map(({ title }) => title)).toContain('batch');
  expect(await clustersFor('sre')).toEqual(['payments-staging', 'search-staging', 'tools']);
  expect(await clustersFor('payments')).toEqual(['payments-staging', 'tools']);
  expect(await clustersFor('other')).toEqual(['tools']);
  // Nothing of the publisher's own machine.
  const text = JSON.stringify(await (await get('sre')).json());
  const payloads = [...text.matchAll(/"payload":"([^"]+)"/g)].map(([, one = '']) =>
    Buffer.from(one, 'base64').toString(),
  );
  expect(payloads.join('\n')).not.toMatch(/"ways"|"seenAt"|"stale"|"profile"/);

  const etag = (await get('payments')).headers.get('etag') ?? '';
  expect(await publish('--allow-unread')).toMatchObject({ changes: [], sent: 0, bundles: 3 });
  expect((await get('payments', etag)).status).toBe(304);

  // A cluster is deleted, and another one gets other groups.
  eks.splice(0, eks.length, ...eks.filter(({ name }) => name !== 'tools'));
  const at = eks.findIndex(({ name }) => name === 'search-staging');
  eks.splice(at, 1, {
    ...eks[at],
    tags: { ...eks[at]?.tags, 'k8s-tunnels-groups': 'payments' },
  } as EksCluster);
  const changed = await publish('--allow-unread');
  expect(changed.changes.map(({ kind, cluster }) => [kind, cluster.split('/').at(-1)]).sort()).toEqual([
    ['changed', 'search-staging'],
    ['removed', 'tools'],
  ]);
  expect(await clustersFor('sre')).toEqual(['payments-staging']);
  expect(await clustersFor('payments')).toEqual(['payments-staging', 'search-staging']);
  expect(changed.revision).toBeGreaterThan(first.revision ?? 0);
  const other = await publish('--allow-unread', '--untagged', 'everyone');
  expect(other.noGroups).toEqual([]);
  expect(await clustersFor('other')).toContain('batch');
});

test(
  'published clusters of a location that cannot be read stay, until a flag removes them',
  patience,
  async () => {
    deniedCells.splice(0);
    expect(await publish()).toMatchObject({ published: true, clusters: 3, failed: [] });
    deniedCells.push('444455556666/eu-west-1');
    const refused = await run('publish', '--json');
    expect(refused.code).toBe(7);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      published: false,
      failed: [{ account: '444455556666', region: 'eu-west-1', error: { code: 'aws-denied' } }],
      unread: ['eks/444455556666/eu-west-1/payments-staging'],
    });
    expect(await publish('--allow-unread')).toMatchObject({ published: true, changes: [], kept: 1, sent: 0 });
    expect(await clustersFor('payments')).toEqual(['payments-staging', 'tools']);
    expect((await publish('--remove-unread')).changes).toMatchObject([{ kind: 'removed' }]);
    expect(await clustersFor('payments')).toEqual(['tools']);
  },
);

test('says what is missing before it discovers anything', patience, async () => {
  const file = path.join(world.home, 'catalog.key');
  const made = await run('publish', '--new-key', file);
  expect(made.code).toBe(0);
  expect(Buffer.from(made.stdout, 'base64')).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const key = signingKeyFrom(await readFile(file, 'utf8'), file);
  expect(key.publicKey).toBe(made.stdout.trim());
  expect(await run('publish', '--new-key', file)).toMatchObject({ code: 2 });

  const broken = path.join(world.home, 'broken.key');
  await writeFile(broken, 'no key');
  for (const [args, text] of [
    [['http://catalog.example.com'], 'https://'],
    [['--max-age', 'long'], '--max-age'],
    [['--untagged', 'everyone+sre'], '--untagged'],
    [['--key-file', broken], 'broken.key'],
    [['--allow-unread', '--remove-unread'], 'exclude'],
  ] as const) {
    const { code, stderr } = await run('publish', ...args);
    expect([args, code]).toEqual([args, 2]);
    expect(stderr).toContain(text);
  }
  expect(world.traffic.count('eks', 'ListClusters')).toBe(0);
});

test('a published cluster whose details are denied stays, and is named', patience, async () => {
  deniedCells.splice(0);
  expect(await publish()).toMatchObject({ published: true, clusters: 3 });
  const giveBack = world.traffic.inject({
    service: 'eks',
    operation: 'DescribeCluster',
    scope: 'payments-staging',
    does: { kind: 'deny' },
  });
  const refused = await run('publish', '--json');
  expect(refused.code).toBe(7);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    published: false,
    failed: [],
    unread: ['eks/444455556666/eu-west-1/payments-staging'],
  });
  expect(await publish('--allow-unread')).toMatchObject({ changes: [], kept: 1 });
  giveBack();
  expect(await clustersFor('payments')).toEqual(['payments-staging', 'tools']);
});
