import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Catalog, createCatalog } from '../../../main/agent/catalog/catalog.ts';
import { createDiscovery } from '../../../main/agent/discovery/discovery.ts';
import { withCatalog, withoutPublished } from '../../../main/agent/discovery/with-catalog.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type {
  CatalogRules,
  Published,
  PublishedCell,
} from '../../../main/agent/providers/catalog/organisation-catalog.ts';
import type { CellResult, DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import { reportGone } from '../../../main/agent/providers/gone.ts';
import { type Cluster, cellId } from '../../../main/model/cluster.ts';
import { cell, denied, eksCluster, listed } from '../catalog/clusters.ts';

let folder: string;
let catalog: Catalog;
/** What the Worker serves; undefined before the first catalog. */
let published: Published | undefined;
let mode: CatalogRules['mode'] | undefined;
/** What the cloud lists, and how often it was asked. */
let cloud: readonly CellResult[];
let asked: number;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'with-catalog-'));
  catalog = await createCatalog({ folder, clock: systemClock, logger: silentLogger });
  published = undefined;
  mode = 'only';
  cloud = [];
  asked = 0;
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

/** A record has no logins. */
function record(name: string, region = 'eu-west-1'): Cluster {
  return { ...eksCluster(name, { region, profiles: [] }), seenAt: 7 };
}

function serve(clusters: readonly Cluster[], isFresh = true): void {
  const cells = Map.groupBy(clusters, ({ source, account, region }) => cellId(source, account, region));
  published = {
    publishedAt: 7,
    isFresh,
    cells: new Map(
      [...cells].map(([id, group]): [string, PublishedCell] => {
        const { account, region } = group[0] as Cluster;
        const clusters = isFresh ? group : group.map((one) => ({ ...one, stale: true }));
        return [id, { cell: { source: 'eks', account, region, published: true }, clusters }];
      }),
    ),
  };
}

const organisationCatalog = {
  rules: () =>
    mode === undefined ? undefined : { url: 'https://catalog.acme.example', publicKeys: ['key'], mode },
  current: async () => published,
  refresh: async () => published,
};
const live: DiscoverySource = {
  source: 'eks',
  async discover(run) {
    asked += 1;
    // As a listing does with what none of this user's sign-ins reaches.
    reportGone(run, (known) => !cloud.some((one) => one.cell.region === known.region));
    for (const result of cloud) run.onCell(result);
  },
};

async function discover(isAsked = false, source = withCatalog(live, organisationCatalog)): Promise<void> {
  await createDiscovery({
    sources: [source],
    catalog,
    clock: systemClock,
    logger: silentLogger,
    onStatus: () => {},
  }).run({ asked: isAsked });
}
const names = () =>
  catalog
    .clusters()
    .map(({ name }) => name)
    .sort();
const get = (name: string) => catalog.clusters().find((one) => one.name === name);

describe('only', () => {
  it('asks no cloud, also when the user refreshes', async () => {
    serve([record('orders'), record('ledger', 'us-east-1')]);
    cloud = [cell(listed(eksCluster('mine')))];
    await discover(true);
    expect(names()).toEqual(['ledger', 'orders']);
    expect(asked).toBe(0);
    expect(catalog.cells()).toMatchObject([
      { region: 'eu-west-1', readAt: 7, published: true },
      { region: 'us-east-1', readAt: 7, published: true },
    ]);
  });

  it('removes what has left the catalog, and what a listing had found before', async () => {
    mode = undefined;
    cloud = [
      cell(listed(eksCluster('mine'))),
      cell(listed(eksCluster('far', { region: 'us-east-1' })), 'us-east-1'),
    ];
    await discover();
    expect(names()).toEqual(['far', 'mine']);
    mode = 'only';
    // Nothing is gone before the first catalog.
    await discover();
    expect(names()).toEqual(['far', 'mine']);
    serve([record('orders'), record('ledger')]);
    await discover();
    expect(names()).toEqual(['ledger', 'orders']);
    serve([record('orders')]);
    await discover();
    expect(names()).toEqual(['orders']);
    serve([]);
    await discover();
    expect(names()).toEqual([]);
  });

  it('marks the clusters of a catalog that is no longer fresh', async () => {
    serve([record('orders')]);
    await discover();
    expect(get('orders')?.stale).toBe(false);
    serve([record('orders')], false);
    await discover();
    expect(get('orders')?.stale).toBe(true);
    expect(asked).toBe(0);
  });
});

describe('first', () => {
  beforeEach(() => {
    mode = 'first';
  });

  it('asks a cloud only while there is no valid catalog', async () => {
    cloud = [cell(listed(eksCluster('orders'), eksCluster('mine')))];
    await discover();
    expect([names(), asked]).toEqual([['mine', 'orders'], 1]);
    serve([record('orders')]);
    await discover();
    expect([names(), asked]).toEqual([['orders'], 1]);
    serve([record('orders')], false);
    await discover();
    expect([names(), asked]).toEqual([['mine', 'orders'], 2]);
  });

  it('reads both when the user refreshes, and keeps what only the cloud has until then', async () => {
    serve([record('orders')]);
    cloud = [cell(listed(eksCluster('far', { region: 'us-east-1' })), 'us-east-1')];
    await discover(true);
    expect([names(), asked]).toEqual([['far', 'orders'], 1]);
    await discover();
    expect([names(), asked]).toEqual([['far', 'orders'], 1]);
    cloud = [cell(listed(), 'us-east-1')];
    await discover(true);
    expect([names(), asked]).toEqual([['orders'], 2]);
  });

  it('keeps the logins with which the cloud was read', async () => {
    cloud = [cell(listed(eksCluster('orders', { profiles: ['mine'] })))];
    await discover();
    serve([record('orders')]);
    await discover();
    expect(get('orders')).toMatchObject({ credential: { ways: [{ kind: 'profile', name: 'mine' }] } });
  });
});

describe('beside', () => {
  beforeEach(() => {
    mode = 'beside';
  });

  it('reads both; a cluster that both have is one, as the cloud lists it', async () => {
    serve([record('orders'), record('ledger', 'us-east-1')]);
    cloud = [cell(listed(eksCluster('orders'), eksCluster('mine')))];
    await discover();
    expect([names(), asked]).toEqual([['ledger', 'mine', 'orders'], 1]);
    expect(get('orders')).toMatchObject({ credential: { ways: [{ kind: 'profile' }] } });
    await discover();
    expect(names()).toEqual(['ledger', 'mine', 'orders']);
    serve([record('orders')]);
    await discover();
    expect(names()).toEqual(['mine', 'orders']);
  });

  it('has the catalog’s word where the cloud does not answer', async () => {
    serve([record('orders')]);
    cloud = [cell(denied)];
    await discover();
    expect(get('orders')?.stale).toBe(false);
    expect(catalog.cells()).toMatchObject([{ published: true }]);
    expect(catalog.cells()[0]?.error).toBeUndefined();
    // What only the cloud could say is reported.
    cloud = [cell(denied, 'us-east-1')];
    await discover();
    expect(catalog.cells().map(({ region, error }) => [region, error?.code])).toEqual([
      ['eu-west-1', undefined],
      ['us-east-1', 'aws-denied'],
    ]);
  });
});

describe('with the variables of a shell', () => {
  const discoverShell = (isAsked: boolean) => discover(isAsked, withoutPublished(live, organisationCatalog));

  it.each([
    ['only', true, 0],
    ['first', false, 0],
    ['first', true, 1],
    ['beside', false, 1],
  ] as const)('%s, asked: %s, reads a cloud %s times', async (chosen, isAsked, times) => {
    mode = chosen;
    serve([record('orders')]);
    await discoverShell(isAsked);
    expect(asked).toBe(times);
  });

  it('reads it without a catalog', async () => {
    mode = undefined;
    await discoverShell(false);
    expect(asked).toBe(1);
  });
});
