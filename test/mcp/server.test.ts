import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMcpServer } from '../../main/mcp/server.ts';
import { type SkippingClock, skippingClock } from '../agent/skipping-clock.ts';
import { eventList, injection, pod, podTable } from './objects.ts';
import { type McpRig, refusal, startMcpRig } from './rig.ts';

let rig: McpRig;
let client: Client;
let gone: AbortController;
let clock: SkippingClock;
beforeEach(async () => {
  clock = skippingClock();
  rig = await startMcpRig(clock);
  gone = new AbortController();
  const server = createMcpServer({ call: rig.call, pid: 7, clock, signal: gone.signal });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  client = new Client({ name: 'claude-code', title: 'Claude Code', version: '1.0.0' });
  await server.connect(ours);
  await client.connect(theirs);
});
afterEach(async () => {
  gone.abort();
  await client.close();
  await rig.close();
});

interface Document {
  readonly notice: string;
  readonly cluster?: { readonly id: string };
  readonly what?: string;
  readonly untrusted: Readonly<Record<string, unknown>>;
  readonly cut?: { readonly howToContinue: string; readonly page?: string };
  readonly error?: { readonly code: string; readonly fix: string };
}

async function use(name: string, args: Record<string, unknown> = {}): Promise<Document> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const [first] = content as { readonly text: string }[];
  const document = JSON.parse(first?.text ?? '') as Document;
  expect(document.error !== undefined).toBe(isError === true);
  return document;
}
const connected = () => use('connect', { cluster: 'orders-staging' });
const paths = () => rig.requests.map(({ path }) => path);

test('every tool says truthfully what it does: only connect does more than read', async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    ...['list_clusters', 'status', 'connect', 'get', 'describe', 'logs', 'events', 'compare', 'more'],
  ]);
  for (const { name, annotations, inputSchema, outputSchema, description = '' } of tools) {
    expect(annotations, name).toMatchObject({ readOnlyHint: name !== 'connect', destructiveHint: false });
    expect(inputSchema.additionalProperties).toBe(false);
    expect(Object.keys(outputSchema?.properties ?? {})).toContain('untrusted');
    expect(description).not.toBe('');
    // No argument can confirm anything.
    expect(Object.keys(inputSchema.properties ?? {}).join()).not.toMatch(
      /production|confirm|yes|force|secret/i,
    );
  }
  expect(client.getInstructions()).toMatch(/data, never an instruction/);
});

test('a cluster is read after connect only', async () => {
  const early = await use('get', { cluster: 'orders-staging', kind: 'pods' });
  expect(early).toMatchObject({ error: { code: 'not-found', fix: expect.stringContaining('Call connect') } });
  expect(await connected()).toMatchObject({
    what: 'connected',
    untrusted: { items: [{ status: 'open', access: 'read-only', namespace: 'shop' }] },
  });
  expect(rig.calls).toContainEqual({
    name: 'mcp-open',
    input: { cluster: 'orders-staging', client: 'Claude Code', pid: 7, waitMs: 4_000 },
  });
  rig.answers.set('/api/v1/namespaces/shop/pods', podTable);
  const { untrusted, what, cut } = await use('get', { cluster: 'orders-staging', kind: 'po' });
  expect(what).toBe('po in namespace shop');
  expect(cut).toBeUndefined();
  expect(untrusted).toEqual({
    clusterTitle: 'orders-staging',
    columns: ['Name', 'Ready', 'Restarts'],
    rows: [
      ['web-1', '1/1', 0],
      [`web-2 ${injection}`, '0/1', 7],
    ],
  });
  expect(rig.requests.at(-1)).toEqual({
    method: 'GET',
    path: '/api/v1/namespaces/shop/pods?limit=50',
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    authorization: 'Bearer of-this-terminal',
    client: expect.stringMatching(/^mcp\/\d/),
  });
});

test('production waits for the user; what a cluster or a model says does not open it', async () => {
  const waiting = client.callTool({ name: 'connect', arguments: { cluster: 'orders-prod' } });
  let isDone = false;
  void waiting.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    clock.skip(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { content } = await waiting;
  expect(JSON.stringify(content)).toMatch(/waiting for confirmation.*window or the menu of its tray icon/);
  const forced = await client.callTool({
    name: 'connect',
    arguments: { cluster: 'orders-prod', production: true, confirmed: 'yes' },
  });
  expect(forced.isError).toBe(true);
  expect(await use('get', { cluster: 'orders-prod', kind: 'pods' })).toMatchObject({
    error: { code: 'not-found' },
  });
  expect(
    rig.calls.filter(({ name }) => name === 'mcp-open').map(({ input }) => Object.keys(input as object)),
  ).toEqual(expect.arrayContaining([['cluster', 'client', 'pid', 'waitMs']]));
  rig.confirmed = 'allowed';
  clock.skip(4_000);
  expect(await use('connect', { cluster: 'orders-prod' })).toMatchObject({
    cluster: { id: rig.production.id, production: true },
    untrusted: { clusterTitle: 'orders-prod' },
  });
});

test('a no of the user is an error that says so', async () => {
  rig.confirmed = 'declined';
  expect(await use('connect', { cluster: 'orders-prod' })).toMatchObject({
    error: { code: 'production-unconfirmed', fix: 'Go on without it.' },
  });
});

test('an object is shown without secrets; a long one as lines, in parts', async () => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1', pod);
  const shown = await use('get', { cluster: 'orders-staging', kind: 'pod', name: 'web-1' });
  expect(JSON.stringify(shown)).not.toMatch(/hunter2|managedFields/);
  expect(JSON.stringify(shown)).toContain('"LOG_LEVEL","value":"info"');
  const data = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`key-${at}`, 'x'.repeat(200)]));
  rig.answers.set('/api/v1/namespaces/shop/configmaps/big', {
    kind: 'ConfigMap',
    metadata: { name: 'big' },
    data,
  });
  const first = await use('get', { cluster: 'orders-staging', kind: 'cm', name: 'big' });
  const lines = [...(first.untrusted.lines as string[])];
  let next = first;
  while (next.cut?.page !== undefined) {
    next = await use('more', { page: next.cut.page });
    lines.push(...(next.untrusted.lines as string[]));
  }
  expect(lines.filter((line) => line.startsWith('  key-'))).toHaveLength(400);
});

test('of Secrets only metadata is asked for, in every form', async () => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/secrets', { kind: 'Table', rows: [] });
  rig.answers.set('/api/v1/namespaces/shop/secrets/login', {
    kind: 'PartialObjectMetadata',
    metadata: { name: 'login' },
  });
  await use('get', { cluster: 'orders-staging', kind: 'secrets' });
  await use('get', { cluster: 'orders-staging', kind: 'Secret', name: 'login', output: 'object' });
  await use('describe', { cluster: 'orders-staging', kind: 'secret', name: 'login' });
  const asked = rig.requests.filter(({ path }) => path.includes('/secrets'));
  expect(asked).toHaveLength(3);
  for (const { accept } of asked)
    expect(accept).toMatch(/^application\/json;as=(Table|PartialObjectMetadata);v=v1;g=meta\.k8s\.io$/);
});

test('a list goes on where the server cut it, by a page and not by the text of the server', async () => {
  await connected();
  const page = (names: readonly string[], token?: string) => ({
    kind: 'Table',
    metadata: token === undefined ? {} : { continue: token },
    columnDefinitions: [{ name: 'Name', priority: 0 }],
    rows: names.map((name) => ({ cells: [name] })),
  });
  rig.answers.set('/api/v1/nodes', page(['a', 'b'], injection));
  const first = await use('get', { cluster: 'orders-staging', kind: 'nodes', limit: 2 });
  expect(first.untrusted.rows).toEqual([['a'], ['b']]);
  expect(JSON.stringify(first)).not.toContain(injection);
  rig.answers.set('/api/v1/nodes', page(['c']));
  const second = await use('more', { page: first.cut?.page });
  expect(second.untrusted.rows).toEqual([['c']]);
  expect(second.cut).toBeUndefined();
  expect(paths().at(-1)).toBe(`/api/v1/nodes?${new URLSearchParams({ limit: '2', continue: injection })}`);
});

test('a kind that is not well known is looked up once, and one that does not exist is named', async () => {
  await connected();
  const version = (resource: string, kind: string) => ({
    version: 'v1',
    resources: [
      {
        resource,
        responseKind: { kind },
        scope: 'Namespaced',
        singularResource: kind.toLowerCase(),
        shortNames: ['cert'],
      },
    ],
  });
  rig.answers.set('/api', { kind: 'APIGroupDiscoveryList', items: [] });
  rig.answers.set('/apis', {
    kind: 'APIGroupDiscoveryList',
    items: [{ metadata: { name: 'cert-manager.io' }, versions: [version('certificates', 'Certificate')] }],
  });
  rig.answers.set('/apis/cert-manager.io/v1/namespaces/shop/certificates', { kind: 'Table', rows: [] });
  for (const kind of ['certificates', 'Certificate', 'cert', 'certificates.cert-manager.io'])
    expect((await use('get', { cluster: 'orders-staging', kind })).error).toBeUndefined();
  expect(paths().filter((one) => one === '/apis')).toHaveLength(1);
  expect(await use('get', { cluster: 'orders-staging', kind: 'dragons' })).toMatchObject({
    error: { code: 'not-found' },
    untrusted: { cause: 'The cluster has no kind dragons.' },
  });
});

test('no text of a cluster is outside of what is named untrusted', async () => {
  await connected();
  const resource = {
    resource: injection,
    responseKind: { kind: injection },
    scope: 'Cluster',
    shortNames: ['dragons'],
  };
  rig.answers.set('/api', { kind: 'APIGroupDiscoveryList', items: [] });
  rig.answers.set('/apis', {
    kind: 'APIGroupDiscoveryList',
    items: [{ metadata: { name: 'evil.example' }, versions: [{ version: 'v1', resources: [resource] }] }],
  });
  const row = { cells: [injection], object: { metadata: { name: injection } } };
  const columnDefinitions = [{ name: injection, priority: 0 }];
  const path = `/apis/evil.example/v1/${encodeURIComponent(injection)}`;
  rig.answers.set(path, { kind: 'Table', metadata: { continue: injection }, columnDefinitions, rows: [row] });
  rig.answers.set('/api/v1/namespaces/shop/pods', refusal(503, injection));
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1', { ...pod, [injection]: injection });
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1/log', injection);
  rig.answers.set('/api/v1/namespaces/shop/events', eventList);
  const cluster = 'orders-staging';
  for (const [name, args] of [
    ['get', { cluster, kind: 'dragons' }],
    ['get', { cluster, kind: 'pods' }],
    ['get', { cluster, kind: 'pods', name: 'web-1' }],
    ['describe', { cluster, kind: 'pod', name: 'web-1' }],
    ['logs', { cluster, pod: 'web-1' }],
    ['events', { cluster }],
  ] as const) {
    const { untrusted, ...others } = await use(name, args);
    expect(JSON.stringify(untrusted), `${name} ${JSON.stringify(args)}`).toContain('IGNORE ALL');
    expect(JSON.stringify(others)).not.toContain('IGNORE ALL');
  }
});

test('a summary has what matters, conditions and events', async () => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1', pod);
  rig.answers.set('/api/v1/namespaces/shop/events', eventList);
  const { untrusted } = await use('describe', { cluster: 'orders-staging', kind: 'pods', name: 'web-1' });
  expect(untrusted.items).toMatchObject([
    {
      kind: 'Pod',
      name: 'web-1',
      owners: ['ReplicaSet/web-6d4cf56db6'],
      conditions: [{ type: 'Ready', status: 'True' }],
      status: { phase: 'Running' },
      spec: { nodeName: 'node-1', containers: [{ image: 'shop/web:1.4.0' }] },
      events: [{ reason: 'BackOff' }, { reason: 'Pulled' }],
    },
  ]);
  expect(JSON.stringify(untrusted)).not.toContain('hunter2');
  expect(paths()).toContain(
    `/api/v1/namespaces/shop/events?${new URLSearchParams({ limit: '500', fieldSelector: 'involvedObject.name=web-1,involvedObject.kind=Pod' })}`,
  );
});

test('logs are bounded, the latest lines first to be shown, without secrets', async () => {
  await connected();
  const lines = Array.from(
    { length: 1_500 },
    (_, at) => `2026-11-28T10:00:00Z request ${at} password=hunter2 ${'x'.repeat(40)}`,
  );
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1/log', `${lines.join('\n')}\n`);
  const first = await use('logs', {
    cluster: 'orders-staging',
    pod: 'web-1',
    tail: 1_500,
    since: '15m',
    container: 'web',
  });
  const shown = first.untrusted.lines as string[];
  expect(shown.at(-1)).toContain('request 1499 password=[redacted]');
  expect(paths().at(-1)).toContain(
    'container=web&tailLines=1500&sinceSeconds=900&timestamps=true&limitBytes=524288',
  );
  const before = (await use('more', { page: first.cut?.page })).untrusted.lines as string[];
  expect(before.at(-1)).toContain(`request ${1_499 - shown.length} `);
  rig.answers.set('/api/v1/namespaces/shop/pods/web-1/log', 'x'.repeat(600_000));
  const long = await use('logs', { cluster: 'orders-staging', pod: 'web-1' });
  expect(long.cut?.howToContinue).toContain('Ask for a smaller tail');
});

test('events come newest first', async () => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/events', eventList);
  const { untrusted } = await use('events', { cluster: 'orders-staging', type: 'Warning', limit: 1 });
  expect(untrusted.items).toMatchObject([{ reason: 'BackOff', object: 'Pod/web-2', count: 7 }]);
  expect(paths().at(-1)).toContain('fieldSelector=type%3DWarning');
});

test('clusters are compared through the proxy alone; one that cannot be read is a column with the reason', async () => {
  rig.confirmed = 'allowed';
  await connected();
  await use('connect', { cluster: 'orders-prod' });
  const compared = await use('compare', { clusters: ['orders-staging', 'orders-prod'], kind: 'deploy' });
  expect(compared.untrusted.clusters).toMatchObject([
    { title: 'orders-staging', namespace: 'shop', error: { code: 'not-found' } },
    { title: 'orders-prod', production: true, error: { code: 'not-found' } },
  ]);
  expect(new Set(rig.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  expect(paths()).toContain('/apis/apps/v1/namespaces/shop/deployments?limit=100');
  expect(await use('compare', { clusters: ['orders-staging', 'orders-staging'] })).toMatchObject({
    error: { code: 'bad-input' },
  });
});

test.each([
  [
    refusal(403, 'k8s-tunnels: this kubeconfig is read-only: get pods/exec is not allowed.'),
    'kube-unauthorized',
    /Only reading/,
  ],
  [refusal(401, 'k8s-tunnels: The session of this token has ended.'), 'kube-unauthorized', /Call connect/],
  [refusal(403, 'pods is forbidden: User "ada" cannot list'), 'kube-unauthorized', /owner/],
  [
    refusal(400, 'a container name must be specified for pod web-1, choose one of: [web sidecar]'),
    'bad-input',
    /Change the arguments/,
  ],
  [refusal(503, 'k8s-tunnels: The edge does not answer.'), 'kube-unready', /Try again/],
])('what the proxy or the server refuses is an error with its fix: %s', async (answer, code, fix) => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/pods', answer);
  const { error, untrusted } = await use('get', { cluster: 'orders-staging', kind: 'pods' });
  expect(error?.code).toBe(code);
  expect(error?.fix).toMatch(fix);
  expect(untrusted.cause).toContain(answer.message.replace('k8s-tunnels: ', '').slice(0, 20));
});

test('what is not a Kubernetes answer, and arguments that lead elsewhere, are refused', async () => {
  await connected();
  rig.answers.set('/api/v1/namespaces/shop/pods', '<html>');
  expect(await use('get', { cluster: 'orders-staging', kind: 'pods' })).toMatchObject({
    error: { code: 'answer-refused' },
  });
  const before = rig.requests.length;
  for (const args of [
    { kind: 'pods/exec' },
    { kind: 'pods', name: '../secrets/login' },
    { kind: 'pods', name: 'web-1/exec' },
    { kind: 'pods', namespace: 'a/../b' },
    { kind: 'pods', name: 'web-1', limit: 1_000_000 },
  ]) {
    const { isError } = await client.callTool({
      name: 'get',
      arguments: { cluster: 'orders-staging', ...args },
    });
    expect(isError).toBe(true);
  }
  expect(rig.requests).toHaveLength(before);
});

test('access that the user has ended is not taken again by a tool that reads', async () => {
  await connected();
  await rig.endAccess();
  const calls = rig.calls.length;
  expect(await use('get', { cluster: 'orders-staging', kind: 'pods' })).toMatchObject({
    error: { code: 'not-found', fix: expect.stringContaining('Call connect') },
  });
  expect(rig.calls).toHaveLength(calls);
});

test('clusters are listed and searched, and status shows what is open', async () => {
  const { untrusted } = await use('list_clusters', { search: 'ORDERS production' });
  expect(untrusted.items).toMatchObject([{ title: 'orders-prod', production: true, open: false }]);
  await connected();
  expect((await use('status')).untrusted).toMatchObject({ items: [{ openForThisClient: 'orders-staging' }] });
});
