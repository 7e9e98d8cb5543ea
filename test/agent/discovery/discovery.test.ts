import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../../main/agent/catalog/catalog.ts';
import type { DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { catalogText } from '../catalog/catalog-text.ts';
import { cell, eksCluster, listed } from '../catalog/clusters.ts';
import { type Clouds, discoveryInto, startClouds } from './clouds.ts';

let clouds: Clouds;
let file: string;
beforeEach(async () => {
  clouds = await startClouds();
  file = path.join(clouds.home, 'state', 'catalog');
});
afterEach(() => clouds.close());

const both = () => discoveryInto(file, [clouds.eks(), clouds.onPrem()]);
const staleNames = (catalog: Catalog) =>
  catalog
    .clusters()
    .filter(({ stale }) => stale)
    .map(({ name }) => name)
    .sort();

test('everything in the plan is found, and the next start knows it without a request', async () => {
  const first = await both();
  await first.discovery.run();
  const total = clouds.plan.eks.length + clouds.plan.vault.secrets.length;
  expect(first.catalog.clusters()).toHaveLength(total);
  expect(first.catalog.cells()).toHaveLength(5 * 17 + 4);
  const failures = first.catalog.cells().flatMap(({ error }) => (error === undefined ? [] : [error.code]));
  expect(failures.sort()).toEqual([
    'aws-denied',
    'aws-region-disabled',
    'aws-region-disabled',
    'aws-region-disabled',
    'aws-region-disabled',
    'aws-region-disabled',
    'vault-denied',
  ]);
  await first.catalog.close();
  for (const name of await readdir(file))
    expect((await stat(path.join(file, name))).mode & 0o777).toBe(0o600);
  clouds.traffic.reset();
  const second = await both();
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(second.catalog.clusters().toSorted(byId)).toEqual(first.catalog.clusters().toSorted(byId));
  expect(second.catalog.isFresh(60_000)).toBe(true);
  expect(second.discovery.status()).toEqual({ status: 'idle', finishedAt: first.catalog.finishedAt() });
  expect(second.catalog.find('payments-staging-eu').region).toBe('eu-west-1');
  expect(clouds.traffic.count()).toBe(0);
});

test('progress counts up to the whole, and ends idle', async () => {
  const { discovery, statuses, catalog } = await both();
  await discovery.run();
  const running = statuses.filter((status) => status.status === 'running');
  expect(running[0]).toMatchObject({ cellsRead: 0, cellsKnown: 0, clusters: 0 });
  expect(running.at(-1)).toMatchObject({
    cellsRead: 5 * 17 + 4,
    cellsKnown: 5 * 17 + 4,
    clusters: catalog.clusters().length,
  });
  expect(running.every(({ cellsRead, cellsKnown }) => cellsRead <= cellsKnown)).toBe(true);
  expect(running.map(({ cellsRead }) => cellsRead)).toEqual(
    running.map(({ cellsRead }) => cellsRead).sort((a, b) => a - b),
  );
  expect(statuses.at(-1)).toEqual({ status: 'idle', finishedAt: catalog.finishedAt() });
});

test('progress counts a location that is reported twice once, with what it was last', async () => {
  const twice: DiscoverySource = {
    source: 'eks',
    async discover({ onPlanned, onCell }) {
      onPlanned(2);
      onCell(cell(listed(eksCluster('a'), eksCluster('b'))));
      onCell(cell(listed(eksCluster('a'), eksCluster('b'), eksCluster('c'))));
      onCell(cell(listed(eksCluster('d', { region: 'eu-north-1' })), 'eu-north-1'));
      onCell(cell(listed(eksCluster('a'))));
    },
  };
  const { discovery, statuses } = await discoveryInto(file, [twice]);
  await discovery.run();
  const running = statuses.filter((status) => status.status === 'running');
  expect(running.map(({ cellsRead, clusters }) => [cellsRead, clusters])).toEqual([
    [0, 0],
    [0, 0],
    [1, 2],
    [1, 3],
    [2, 4],
    [2, 2],
  ]);
});

test('results stream in: what one source found is there while another still reads', async () => {
  let release = () => {};
  const slow: DiscoverySource = {
    source: 'file',
    discover: () => new Promise((resolve) => (release = resolve)),
  };
  const { catalog, discovery } = await discoveryInto(file, [slow, clouds.onPrem()]);
  const changed = new Promise<void>((resolve) => {
    catalog.onChange(({ upserted }) => upserted.length > 0 && resolve());
  });
  const done = discovery.run();
  await changed;
  expect(discovery.status().status).toBe('running');
  expect(catalog.clusters()).toHaveLength(2);
  release();
  await done;
});

test('a second call joins the run', async () => {
  const { discovery } = await both();
  await Promise.all([discovery.run(), discovery.run(), discovery.run()]);
  expect(clouds.traffic.count('eks', 'ListClusters')).toBe(5 * 17 + 16);
  expect(clouds.traffic.count('vault', 'kv-v2-list')).toBe(4);
});

describe('a second run', () => {
  test('keeps what a failing cell knew, stale, and removes by a complete listing alone', async () => {
    const { catalog, discovery } = await both();
    await discovery.run();
    const before = catalog.clusters().length;
    clouds.plan.eks.splice(0, 2);
    const lift = clouds.traffic.inject({
      service: 'eks',
      scope: '444455556666/eu-west-1',
      does: { kind: 'deny' },
    });
    const liftVault = clouds.traffic.inject({
      service: 'vault',
      scope: 'metadata/edge',
      does: { kind: 'deny' },
    });
    await discovery.run();
    expect(staleNames(catalog)).toEqual(['depot-berlin', 'depot-lyon', 'payments-prod', 'payments-staging']);
    expect(catalog.clusters()).toHaveLength(before);
    lift();
    liftVault();
    const removed: string[] = [];
    catalog.onChange((change) => removed.push(...change.removed));
    await discovery.run();
    expect(removed).toEqual([
      'eks/444455556666/eu-west-1/payments-staging',
      'eks/444455556666/eu-west-1/payments-prod',
    ]);
    expect(staleNames(catalog)).toEqual([]);
  });

  test('that finds the same tells nobody', async () => {
    const { catalog, discovery } = await both();
    await discovery.run();
    const changes: unknown[] = [];
    catalog.onChange((change) => changes.push(change));
    await discovery.run();
    expect(changes).toEqual([]);
  });

  test('without a source any more keeps its clusters, stale', async () => {
    const first = await both();
    await first.discovery.run();
    await first.catalog.close();
    const env = { ...clouds.env, VAULT_ADDR: '' };
    const second = await discoveryInto(file, [clouds.eks(), clouds.onPrem({ env })]);
    await second.discovery.run();
    expect(staleNames(second.catalog)).toEqual(['depot-berlin', 'depot-lyon']);
    expect(second.catalog.cells().filter(({ source }) => source === 'vault')).toEqual([
      expect.objectContaining({ region: 'edge', error: expect.objectContaining({ code: 'not-found' }) }),
    ]);
  });
});

test('a cancelled run rejects, keeps what it read and is not taken for a whole one', async () => {
  const stuck: DiscoverySource = {
    source: 'eks',
    discover: ({ signal, onCell }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          // A late answer must not count any more.
          onCell(cell(listed()));
          reject(signal.reason);
        });
        onCell(cell(listed(eksCluster('a'))));
      }),
  };
  const { catalog, discovery } = await discoveryInto(file, [stuck]);
  const done = discovery.run();
  discovery.cancel();
  await expect(done).rejects.toMatchObject({ code: 'cancelled' });
  expect(catalog.clusters()).toHaveLength(1);
  expect(catalog.finishedAt()).toBeUndefined();
  expect(discovery.status()).toEqual({ status: 'idle' });
  discovery.cancel();
});

test('a source that breaks is a result too: the others are read, what it knew stays, stale', async () => {
  let broken = false;
  const fragile: DiscoverySource = {
    source: 'eks',
    async discover({ onCell }) {
      if (broken) throw new AppError('file-unreadable', 'The configuration could not be read.');
      onCell(cell(listed(eksCluster('a'))));
    },
  };
  const { catalog, discovery } = await discoveryInto(file, [fragile, clouds.onPrem()]);
  await discovery.run();
  broken = true;
  await discovery.run();
  expect(staleNames(catalog)).toEqual(['a']);
  expect(catalog.cells().filter(({ error }) => error?.code === 'file-unreadable')).toHaveLength(2);
  broken = false;
  await discovery.run();
  expect(staleNames(catalog)).toEqual([]);
  expect(catalog.cells().some(({ account }) => account === '*')).toBe(false);
});

test('no secret reaches the catalog on disk or the log', async () => {
  const { catalog, discovery, log } = await both();
  clouds.traffic.inject({ service: 'vault', scope: 'metadata/edge', times: 1, does: { kind: 'error' } });
  await discovery.run();
  await discovery.run();
  await catalog.close();
  const text = (await catalogText(file)) + log.join('\n');
  expect(log.length).toBeGreaterThan(0);
  const secrets = [
    clouds.vault.token,
    'the-token-in-vault',
    ...clouds.plan.accounts.flatMap(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey]),
  ];
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toContain('PRIVATE KEY');
});
