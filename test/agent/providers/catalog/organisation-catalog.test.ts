import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { silentLogger } from '../../../../main/agent/parts.ts';
import type { CatalogAccess } from '../../../../main/agent/providers/catalog/ask-catalog.ts';
import {
  createOrganisationCatalog,
  type OrganisationCatalog,
} from '../../../../main/agent/providers/catalog/organisation-catalog.ts';
import type { CellResult } from '../../../../main/agent/providers/discovery-source.ts';
import { organisationSchema } from '../../../../main/model/organisation.ts';
import type { PublishedCatalogView } from '../../../../main/model/published-catalog-view.ts';
import { createPublisherKey, publication } from '../../../world/catalog/publication.ts';
import { type CatalogServer, startCatalogServer } from '../../../world/catalog/server.ts';
import { Traffic } from '../../../world/traffic.ts';
import { eksCluster } from '../../catalog/clusters.ts';
import { type SkippingClock, skippingClock } from '../../skipping-clock.ts';

const key = createPublisherKey();
const hour = 3_600_000;

let folder: string;
let clock: SkippingClock;
let traffic: Traffic;
let server: CatalogServer;
let network: Network;
let url: string;
let views: (PublishedCatalogView | undefined)[];
let agent: OrganisationCatalog;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'organisation-catalog-'));
  clock = skippingClock();
  traffic = new Traffic();
  server = await startCatalogServer({ traffic, groupsOf: async () => ['finance'] });
  network = createNetwork({});
  url = server.url;
  views = [];
  agent = start();
});
afterEach(async () => {
  network.reset();
  await server.close();
  await rm(folder, { recursive: true });
});

const noAccess: CatalogAccess = {
  token: () => Promise.reject(new Error('nothing on this computer is behind Access')),
  serviceToken: async () => undefined,
  reject: async () => {},
};

function start(): OrganisationCatalog {
  return createOrganisationCatalog({
    ...{ folder, network, clock, logger: silentLogger },
    organisation: () =>
      organisationSchema.parse({
        version: 1,
        name: 'Acme',
        sources: { catalog: { url, publicKeys: [key.publicKey] } },
      }),
    access: Promise.resolve(noAccess),
    notice: () => {},
    onChange: (view) => views.push(view),
  });
}
function publish(revision: number, names: readonly string[], publishedAt = new Date(clock.now())) {
  const entries = names.map((name) => ({ cluster: eksCluster(name), audience: ['*'] }));
  server.publish(publication({ key, entries, revision, publishedAt, maxAge: 7_200 }));
}
const run = () => ({ signal: new AbortController().signal, asked: false });
const names = async (one = agent) =>
  [...((await one.current())?.cells.values() ?? [])].flatMap(({ clusters }) =>
    clusters.map(({ name }) => name),
  );

/** Runs the source of the catalog itself; resolves with its location. */
async function discover(one = agent): Promise<CellResult | undefined> {
  let result: CellResult | undefined;
  await one.source.discover({
    ...run(),
    known: [],
    cells: [],
    onPlanned() {},
    onCell(reported) {
      result = reported;
    },
  });
  return result;
}

it('asks once in a run, whoever needs it, and then only for what has changed', async () => {
  publish(1, ['orders']);
  const first = run();
  await Promise.all([agent.refresh(first), agent.refresh(first), agent.refresh(first)]);
  expect(await names()).toEqual(['orders']);
  expect(traffic.count('catalog', 'changed')).toBe(1);
  await agent.refresh(run());
  expect(traffic.count('catalog', 'unchanged')).toBe(1);
  // After a start too.
  const later = start();
  await later.refresh(run());
  expect(traffic.count('catalog', 'unchanged')).toBe(2);
  expect(views.at(-1)?.error).toBeUndefined();
  publish(2, ['orders', 'ledger']);
  await later.refresh(run());
  expect(await names(later)).toEqual(['orders', 'ledger']);
  expect(traffic.count('catalog')).toBe(4);
  expect(server.last()['accept-encoding']).toBe('gzip');
});

it('costs nothing but freshness when the Worker is down, and says so with its age', async () => {
  publish(3, ['orders']);
  expect(await discover()).toEqual({
    cell: { source: 'catalog', account: new URL(url).host, region: '*' },
    outcome: { kind: 'listed', clusters: [] },
  });
  traffic.inject({ service: 'catalog', does: { kind: 'error' } });
  expect((await discover())?.outcome).toMatchObject({
    kind: 'failed',
    error: { code: 'answer-refused', message: expect.stringContaining('answered 503'), retryable: true },
  });
  expect(await agent.current()).toMatchObject({ isFresh: true });
  await server.close();
  expect((await discover())?.outcome).toMatchObject({
    kind: 'failed',
    error: { code: 'network-unreachable', retryable: true },
  });
  expect(await names()).toEqual(['orders']);
  expect(views.at(-1)).toMatchObject({
    mode: 'first',
    accepted: { revision: 3, clusters: 1 },
    error: { code: 'network-unreachable' },
  });
  clock.skip(3 * hour);
  expect(await agent.current()).toMatchObject({ isFresh: false });
  // Offline, after a start.
  const later = start();
  expect(await names(later)).toEqual(['orders']);
  expect([...((await later.current())?.cells.values() ?? [])][0]?.clusters).toMatchObject([{ stale: true }]);
});

it('says that a catalog which is not renewed is no longer fresh', async () => {
  publish(1, ['orders']);
  await discover();
  clock.skip(3 * hour);
  expect((await discover())?.outcome).toMatchObject({
    kind: 'failed',
    error: { message: expect.stringContaining('last published at') },
  });
  publish(2, ['orders']);
  expect((await discover())?.outcome).toMatchObject({ kind: 'listed' });
});

it('serves the last good one while a taken-over Worker answers, and reports why', async () => {
  publish(1, ['orders']);
  await discover();
  publish(2, ['orders', 'ledger']);
  server.tamper((answer) => ({
    ...answer,
    bundles: answer.bundles.map((records) =>
      records.map((record) => ({
        ...record,
        payload: Buffer.from(
          Buffer.from(record.payload, 'base64').toString().replace('ledger', 'attack'),
        ).toString('base64'),
      })),
    ),
  }));
  expect((await discover())?.outcome).toMatchObject({
    error: { code: 'answer-refused', message: expect.stringContaining('signature of a record is wrong') },
  });
  expect(await names()).toEqual(['orders']);
  server.tamper(undefined);
  await discover();
  expect(await names()).toEqual(['orders', 'ledger']);
  expect(views.at(-1)?.error).toBeUndefined();
});

it('ends with the run', async () => {
  publish(1, ['orders']);
  const lift = traffic.inject({ service: 'catalog', does: { kind: 'hold' } });
  const abort = new AbortController();
  const refreshed = agent.refresh({ signal: abort.signal, asked: false });
  await vi.waitFor(() => expect(traffic.count('catalog')).toBe(1));
  abort.abort(new Error('over'));
  await expect(refreshed).rejects.toThrow('over');
  lift();
  expect(await names()).toEqual([]);
});

describe('a hostile answer', () => {
  let hostile: http.Server;
  let answer: http.RequestListener;
  beforeEach(async () => {
    publish(1, ['orders']);
    await agent.refresh(run());
    hostile = http.createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => void hostile.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    hostile.closeAllConnections();
    await new Promise((resolve) => hostile.close(resolve));
  });
  const cases: Record<string, { readonly act: http.RequestListener; readonly why: RegExp }> = {
    'that redirects to another host is not followed': {
      act: (_, response) => response.writeHead(302, { location: `${'http://127.0.0.1:1'}/v1/catalog` }).end(),
      why: /answered 302/,
    },
    'that is no JSON': {
      act: (_, response) => response.end('<html>'),
      why: /did not answer with a catalog/,
    },
    'of another form': {
      act: (_, response) => response.end('{"manifest":{},"digests":[],"bundles":[],"more":1}'),
      why: /did not answer with a catalog/,
    },
    'without end': {
      act(_, response) {
        const block = Buffer.alloc(1024 * 1024, ' ');
        const more = () => {
          while (response.write(block));
        };
        response.on('drain', more);
        response.on('error', () => {});
        more();
      },
      why: /larger than 32 MB/,
    },
    'that claims 304 without being asked for changes': {
      act: (_, response) => response.writeHead(304).end(),
      why: /answered 304/,
    },
    'nested so deep that it would exhaust the stack': {
      act: (_, response) => response.end('['.repeat(100_000)),
      why: /nests deeper/,
    },
  };
  for (const [name, { act, why }] of Object.entries(cases))
    it(name, async () => {
      answer = act;
      expect((await discover())?.outcome).toMatchObject({
        kind: 'failed',
        error: { code: 'answer-refused', message: expect.stringMatching(why) },
      });
      expect(await names()).toEqual(['orders']);
    });
});

it('refuses an answer without content that has no manifest', async () => {
  publish(1, ['orders']);
  await agent.refresh(run());
  const { etag } = await new Promise<{ etag: string | undefined }>((resolve) =>
    http.get(`${url}/v1/catalog`, ({ headers }) => resolve({ etag: headers.etag })),
  );
  expect(etag).toBeDefined();
  const proxy = http.createServer((_, response) => response.writeHead(304, { etag }).end());
  const { port } = new URL(url);
  await server.close();
  await new Promise<void>((resolve) => void proxy.listen(Number(port), '127.0.0.1', resolve));
  expect((await discover())?.outcome).toMatchObject({
    error: { message: expect.stringContaining('without a manifest') },
  });
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});
