import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import type { Try } from '../../../main/agent/connections/open-one.ts';
import { compareOperation } from '../../../main/agent/operations/compare.ts';
import type { ProxyConnection } from '../../../main/agent/tunnels/proxy-dial.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { aCluster } from '../../renderer/shown.ts';
import { createAuthority } from '../../world/authority.ts';
import { asTunnel, startServer, token } from '../api-proxy/rig.ts';
import { aDeployment, aList } from '../compare/objects.ts';
import { skippingClock } from '../skipping-clock.ts';

// The operation over one API server for all clusters, which answers when the test says so.

const authority = await createAuthority('compared');
let closers: (() => unknown)[];
let requests: { readonly path: string; readonly user: string }[];
let answer: (path: string, response: http2.Http2ServerResponse) => void;
let failures: Map<string, AppError>;
let dial: () => Promise<ProxyConnection>;
let clock: ReturnType<typeof skippingClock>;

const send = (response: http2.Http2ServerResponse, value: unknown) =>
  void response.end(JSON.stringify(value));
const honest = (path: string, response: http2.Http2ServerResponse) =>
  send(response, path === '/version' ? { gitVersion: 'v1.33.1' } : path.includes('?') ? aList([]) : {});

beforeEach(async () => {
  closers = [];
  requests = [];
  failures = new Map();
  answer = honest;
  clock = skippingClock();
  const inner = http2.createServer((request, response) => {
    response.on('error', () => {});
    requests.push({ path: request.url, user: String(request.headers.authorization) });
    answer(request.url, response);
  });
  const server = await startServer(authority, (socket) => void inner.emit('connection', socket), {
    ALPNProtocols: ['h2'],
  });
  closers.push(server.close);
  dial = async () => {
    const stream = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    stream.on('error', () => {});
    await once(stream, 'connect');
    const target = { host: 'api.cluster.example', port: 443 };
    return {
      stream: asTunnel(stream),
      server: { target, authority: authority.certificate, serverName: undefined },
      served() {},
    };
  };
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
});

function compareOf(all: readonly Cluster[]): Agent['compare'] {
  const find = (word: string) => {
    const found = all.find(({ id, title }) => id === word || title === word);
    if (found === undefined) throw new AppError('not-found', `There is no cluster ${word}.`);
    return found;
  };
  const open = async (cluster: Cluster): Promise<Try> => {
    const error = failures.get(cluster.title);
    if (error !== undefined) return { kind: 'failed', cluster, error };
    return {
      kind: 'open',
      cluster,
      state: { status: 'idle' },
      tunnel: {
        dial: () => dial(),
        server: () => ({ target: { host: 'api.cluster.example', port: 443 } }),
      } as unknown as Extract<Try, { kind: 'open' }>['tunnel'],
    };
  };
  return compareOperation({
    clusters: { find: async (words) => [...new Set(words.map(find))] },
    catalog: { find },
    callers: {
      of: () => ({
        credentials: {
          get: async ({ title }: Cluster) => token(`of-${title}`),
          drop() {},
          ownerOf: async () => undefined,
        } as never,
        discovery: undefined,
      }),
    },
    connections: {
      borrow: ({ clusters }, use) => Promise.all(clusters.map(async (cluster) => use(await open(cluster)))),
    },
    restored: Promise.resolve(),
    activity: { during: (_, work) => work() },
    accessRequest: () => undefined,
    clock,
  });
}

const server = 'https://api.cluster.example';
const named = (title: string, more: Partial<Cluster> = {}) => aCluster(title, { server, ...more });
const ask = (...titles: readonly string[]) => titles.map((cluster) => ({ cluster }));
const signal = new AbortController().signal;

test('fifty clusters are read at the same time: each is dialled before any has answered', async () => {
  const titles = Array.from({ length: 50 }, (_, at) => `c${at}`);
  const { promise: all, resolve: onAll } = Promise.withResolvers<void>();
  let dialled = 0;
  dial = async () => {
    dialled += 1;
    if (dialled === titles.length) onAll();
    // Never, if one waits for another.
    await all;
    throw new AppError('edge-failed', 'It is down.');
  };
  const { clusters } = await compareOf(titles.map((title) => named(title)))({
    clusters: ask(...titles),
    signal,
  });
  expect(clusters.map(({ title, error }) => [title, error?.code])).toEqual(
    titles.map((title) => [title, 'edge-failed']),
  );
  expect(dialled).toBe(50);
});

test('one that never answers is a column with its reason after the limit, and the others are compared', async () => {
  answer = (path, response) => {
    if (requests.at(-1)?.user !== 'Bearer of-silent') honest(path, response);
  };
  const compared = compareOf([named('a'), named('silent'), named('b')])({
    clusters: ask('a', 'silent', 'b'),
    signal,
  });
  await expect.poll(() => requests.length).toBe(24);
  // The others are done: what is left is the limit of this one, and its connection.
  await expect.poll(() => clock.pending()).toBe(2);
  clock.skip(30_000);
  const { clusters, cluster } = await compared;
  expect(clusters.map(({ error }) => error?.code)).toEqual([undefined, 'timeout', undefined]);
  expect(cluster[0]?.cells).toEqual([{ text: 'v1.33.1' }, { unknown: true }, { text: 'v1.33.1' }]);
});

test('a tunnel that does not open, or a missing session, is a column with its reason and what to do', async () => {
  failures.set('down', new AppError('edge-failed', 'It is down.', { hint: 'Wait.' }));
  const { clusters } = await compareOf([named('up'), named('down')])({ clusters: ask('up', 'down'), signal });
  expect(clusters).toMatchObject([
    { title: 'up', gaps: [] },
    { title: 'down', error: { code: 'edge-failed', hint: 'Wait.' } },
  ]);
});

test("reads the namespace that is given, else that of the cluster's tag, else default", async () => {
  const all = [named('a', { namespace: 'tagged' }), named('b', { namespace: 'tagged' }), named('c')];
  const { clusters } = await compareOf(all)({
    clusters: [{ cluster: 'a', namespace: 'given' }, { cluster: 'b' }, { cluster: 'c' }],
    signal,
  });
  expect(clusters.map(({ namespace }) => namespace)).toEqual(['given', 'tagged', 'default']);
  expect(requests.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      '/apis/apps/v1/namespaces/given/deployments?limit=100',
      '/apis/batch/v1/namespaces/tagged/cronjobs?limit=100',
      '/api/v1/namespaces/default/pods?limit=100',
    ]),
  );
});

test('one kind is read alone, and production is marked', async () => {
  answer = (path, response) =>
    path.includes('/deployments')
      ? send(response, aList([aDeployment({ name: 'web' })]))
      : honest(path, response);
  const all = [named('a'), named('b', { environment: 'production' })];
  const { clusters, workloads } = await compareOf(all)({
    clusters: ask('a', 'b'),
    kind: 'Deployment',
    signal,
  });
  expect(clusters.map(({ production }) => production)).toEqual([undefined, true]);
  expect(workloads.map(({ name }) => name)).toEqual(['web']);
  expect(requests.filter(({ path }) => path.startsWith('/apis/'))).toHaveLength(2);
});

test('a cluster that is given twice is refused by its name', async () => {
  const [a, b] = [named('a'), named('b')];
  await expect(compareOf([a, b])({ clusters: ask('a', 'b', a.id), signal })).rejects.toMatchObject({
    code: 'bad-input',
    message: `${a.id} names a cluster that was given before.`,
  });
  await expect(compareOf([a, b])({ clusters: ask('a', 'c'), signal })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('a caller that goes away ends the reading', async () => {
  answer = () => {};
  const caller = new AbortController();
  const compared = compareOf([named('a'), named('b')])({ clusters: ask('a', 'b'), signal: caller.signal });
  await expect.poll(() => requests.length).toBe(16);
  caller.abort();
  await expect(compared).rejects.toMatchObject({ code: 'cancelled' });
});
