import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../world/authority.ts';
import { type KubeApi, startKubeApi } from '../world/kube/server.ts';
import { Traffic } from '../world/traffic.ts';
import { linesOf, serverName, startShop, web } from './kube-fixture.ts';

let traffic: Traffic;
let api: KubeApi;

beforeEach(async () => {
  traffic = new Traffic();
  api = await startShop(traffic);
});

afterEach(() => api.close());

describe('the wire', () => {
  const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

  const open = (path: string, more: RequestOptions = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: api.port,
          servername: serverName,
          ca: api.authority.certificate,
          agent: false,
          path,
          ...more,
          headers: { authorization: 'Bearer sts-token', ...more.headers },
        },
        resolve,
      )
        .on('error', reject)
        .end();
    });

  async function get(path: string, headers: Record<string, string> = {}) {
    const response = await open(path, { headers });
    return { code: response.statusCode, headers: response.headers, body: await text(response) };
  }

  const getJson = async (path: string, headers?: Record<string, string>) =>
    JSON.parse((await get(path, headers)).body);

  const nextEvent = async (events: AsyncIterator<string>) =>
    JSON.parse((await events.next()).value ?? 'null');

  test('speaks HTTP/2 to a client that offers it', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: api.port,
      servername: serverName,
      ca: api.authority.certificate,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('h2');
    socket.destroy();
  });

  test('tells anonymous callers its health and version, and nothing else', async () => {
    const anonymous = (path: string) => open(path, { headers: { authorization: [] as unknown as string } });
    for (const path of ['/readyz', '/livez', '/healthz', '/version']) {
      expect((await anonymous(path)).statusCode).toBe(200);
    }
    const refused = await anonymous('/api/v1/namespaces');
    expect(refused.statusCode).toBe(401);
    expect(JSON.parse(await text(refused))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    expect((await get('/readyz', { authorization: 'Bearer wrong' })).code).toBe(401);
  });

  test('has a certificate of its own authority, for its own names', async () => {
    await expect(open('/readyz', { servername: 'localhost' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const { certificate } = await createAuthority('another');
    await expect(open('/readyz', { ca: certificate })).rejects.toThrow(/unable to|self-signed/);
  });

  test('describes itself in the legacy and the aggregated form', async () => {
    const aggregated = await get('/apis', {
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    });
    expect(aggregated.headers['content-type']).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    expect(JSON.parse(aggregated.body).items[0]).toMatchObject({
      metadata: { name: 'apps' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'].map((resource) => ({
            resource,
          })),
        },
      ],
    });
    expect((await getJson('/apis')).groups[0]).toMatchObject({ name: 'apps' });
    expect((await getJson('/api')).versions).toEqual(['v1']);
    expect((await getJson('/api/v1')).resources).toContainEqual(
      expect.objectContaining({ name: 'pods/log', kind: 'Pod', verbs: ['get'] }),
    );
    expect((await get('/openapi/v2')).code).toBe(404);
  });

  test('renders tables, and falls back to JSON where protobuf is asked for', async () => {
    const table = await getJson('/api/v1/namespaces/shop/pods', { accept: asTable });
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.columnDefinitions.slice(0, 2)).toMatchObject([
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Ready', description: 'The aggregate readiness state of this pod for accepting traffic.' },
    ]);
    expect(table.rows[0]).toMatchObject({
      cells: [
        web,
        '1/1',
        'Running',
        '0',
        expect.any(String),
        expect.any(String),
        expect.any(String),
        '<none>',
        '<none>',
      ],
      object: { kind: 'PartialObjectMetadata', metadata: { name: web } },
    });
    const list = await getJson('/api/v1/pods', { accept: 'application/vnd.kubernetes.protobuf' });
    expect(list.kind).toBe('PodList');
    expect(list.items[0]).not.toHaveProperty('kind');
  });

  test('lists page by page', async () => {
    const names: string[] = [];
    let next = '';
    do {
      const page = await getJson(`/api/v1/namespaces?limit=4&continue=${next}`);
      names.push(...page.items.map((item: { metadata: { name: string } }) => item.metadata.name));
      if (next === '') expect(page.metadata.remainingItemCount).toBe(2);
      next = page.metadata.continue ?? '';
    } while (next);
    expect(names).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system', 'restricted', 'shop']);

    const { metadata } = await getJson('/api/v1/namespaces?limit=4');
    api.addNamespace('later');
    api.compact();
    const expired = await get(`/api/v1/namespaces?limit=4&continue=${metadata.continue}`);
    expect(expired.code).toBe(410);
    expect(JSON.parse(expired.body).reason).toBe('Expired');
  });

  test('watches from a version, in table form with the columns once', async () => {
    const { metadata } = await getJson('/api/v1/namespaces');
    api.addNamespace('one');
    const watch = linesOf(
      await open(`/api/v1/namespaces?watch=true&resourceVersion=${metadata.resourceVersion}`, {
        headers: { accept: asTable },
      }),
    );
    const first = await nextEvent(watch);
    expect(first).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['one', 'Active', expect.stringMatching(/^\d+s$/)] }] },
    });
    expect(first.object.columnDefinitions).toHaveLength(3);
    api.addNamespace('two');
    expect(await nextEvent(watch)).toMatchObject({
      type: 'ADDED',
      object: { columnDefinitions: null, rows: [{ object: { metadata: { name: 'two' } } }] },
    });
  });

  test('ends a watch from a forgotten version with 410', async () => {
    const { metadata } = await getJson('/api/v1/namespaces');
    api.addNamespace('one');
    api.compact();
    const watch = await open(`/api/v1/namespaces?watch=1&resourceVersion=${metadata.resourceVersion}`);
    expect(watch.statusCode).toBe(200);
    expect(JSON.parse(await text(watch))).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        reason: 'Expired',
        code: 410,
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
      },
    });
  });

  test('streams the initial state with a bookmark behind it', async () => {
    const watch = linesOf(
      await open(
        '/api/v1/namespaces?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dshop',
      ),
    );
    expect(await nextEvent(watch)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'shop' } } });
    expect(await nextEvent(watch)).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Namespace', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
  });

  test('acts out faults', async () => {
    traffic.inject({ service: 'kube', times: 1, does: { kind: 'throttle', retryAfterSeconds: 7 } });
    expect(await get('/api/v1/namespaces')).toMatchObject({
      code: 429,
      headers: { 'retry-after': '7', 'content-type': 'text/plain; charset=utf-8' },
      body: 'Too many requests, please try again later.\n',
    });
    traffic.inject({ service: 'kube', times: 1, does: { kind: 'drop' } });
    await expect(get('/api/v1/namespaces')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await get('/api/v1/namespaces')).code).toBe(200);
  });

  test('answers 500 when its own authentication breaks', async () => {
    const { certificate } = api.authority;
    const broken = await startKubeApi({
      name: 'broken',
      hostnames: [serverName],
      traffic,
      authenticate: () => Promise.reject(new Error('no answer from STS')),
      namespaces: [],
      pods: [],
    });
    const response = await open('/api', {
      port: broken.port,
      ca: [certificate, broken.authority.certificate],
    });
    expect(JSON.parse(await text(response))).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: 'Internal error occurred: no answer from STS',
    });
    await broken.close();
  });

  test('drops its connections and goes on', async () => {
    const watch = await open('/api/v1/namespaces?watch=true');
    const ended = text(watch);
    api.dropConnections();
    await expect(ended).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await get('/readyz')).body).toBe('ok');
  });
});
