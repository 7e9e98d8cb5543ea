import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ApiReader, createApiReader, expired } from '../../../main/agent/compare/api-reader.ts';
import { readFacts } from '../../../main/agent/compare/cluster-facts.ts';
import { createAnswerBudget } from '../../../main/agent/network/answer-budget.ts';
import { systemClock } from '../../../main/agent/parts.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { CredentialIdentity } from '../../../main/model/credential-identity.ts';
import { hasUnseen } from '../../../main/model/plain-text.ts';
import { workloadKinds } from '../../../main/model/workload-kinds.ts';
import { aCluster } from '../../renderer/shown.ts';
import { type Authority, createAuthority } from '../../world/authority.ts';
import { asTunnel, startServer, token } from '../api-proxy/rig.ts';
import { aDeployment, aList } from './objects.ts';

// The reader over real sockets, with a server of the test's own behind a tunnel: an honest one, or a hostile one.

const cluster = aCluster('orders', { server: 'https://api.cluster.example' });
let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority('orders');
});

type Handler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;
let closers: (() => unknown)[];
let credentials: { held: string; identity?: CredentialIdentity; readonly dropped: string[] };
const signal = new AbortController().signal;
beforeEach(() => {
  closers = [];
  credentials = { held: 'first', dropped: [] };
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
});

/** A reader of a server that speaks `protocol`, and the requests that have come. */
async function readerOf(answer: Handler, protocol: 'h2' | 'http/1.1' = 'h2') {
  const requests: {
    readonly method: string;
    readonly path: string;
    readonly fields: http.IncomingHttpHeaders;
  }[] = [];
  const listener: Handler = (request, response) => {
    requests.push({ method: request.method, path: request.url, fields: request.headers });
    response.on('error', () => {});
    answer(request, response);
  };
  const inner =
    protocol === 'h2'
      ? http2.createServer(listener)
      : http.createServer(listener as unknown as http.RequestListener);
  const server = await startServer(authority, (socket) => void inner.emit('connection', socket), {
    ALPNProtocols: [protocol],
  });
  const reader = readerAt(server.port);
  closers.push(server.close, reader.close);
  return { reader, requests };
}

function readerAt(port: number): ApiReader {
  const target = { host: 'api.cluster.example', port: 443 };
  const server = { target, authority: authority.certificate, serverName: undefined };
  return createApiReader({
    clock: systemClock,
    cluster,
    budget: createAnswerBudget(64 * 1024 * 1024),
    credentials: {
      get: async () => ({ ...token(credentials.held), ...pickIdentity() }),
      drop: () => void credentials.dropped.push(credentials.held),
      ownerOf: async () => undefined,
    },
    tunnel: {
      server: () => server,
      async dial() {
        const stream = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        stream.on('error', () => {});
        await once(stream, 'connect');
        return { stream: asTunnel(stream), server, served() {} };
      },
    },
  });
}

const pickIdentity = () => (credentials.identity === undefined ? {} : { identity: credentials.identity });
const json = (response: http2.Http2ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const status = (code: number, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  code,
});

test.each(['h2', 'http/1.1'] as const)(
  'reads JSON over %s, plain and compressed, by GET alone',
  async (protocol) => {
    const { reader, requests } = await readerOf(({ url, headers }, response) => {
      if (url === '/plain') json(response, { url });
      else {
        expect(headers['accept-encoding']).toBe('gzip');
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify({ url })));
      }
    }, protocol);
    const answers = await Promise.all(
      ['/plain', '/zipped', '/plain'].map((path) => reader.get(path, signal)),
    );
    expect(answers).toEqual([{ url: '/plain' }, { url: '/zipped' }, { url: '/plain' }]);
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    for (const { fields } of requests) {
      expect(fields.authorization).toBe('Bearer first');
      expect(fields).not.toHaveProperty('content-length');
      expect(fields).not.toHaveProperty('transfer-encoding');
    }
  },
);

test('a path cannot become another request', async () => {
  const { reader, requests } = await readerOf((_, response) => json(response, {}), 'http/1.1');
  await expect(reader.get('/version HTTP/1.1\r\nHost: x\r\n\r\nDELETE /api', signal)).rejects.toMatchObject({
    code: 'bad-input',
  });
  expect(requests).toEqual([]);
});

test('a credential that the server refuses is replaced once', async () => {
  const { reader, requests } = await readerOf(({ headers }, response) => {
    credentials.held = 'second';
    if (headers.authorization === 'Bearer second') json(response, { yes: true });
    else json(response, status(401, 'Unauthorized'), 401);
  });
  expect(await reader.get('/version', signal)).toEqual({ yes: true });
  expect(requests).toHaveLength(2);
});

test.each([
  [401, 'kube-unauthorized'],
  [403, 'kube-unauthorized'],
  [404, 'not-found'],
  [429, 'kube-unready'],
  [503, 'kube-unready'],
  [302, 'answer-refused'],
])('HTTP %i is %s, with what the server says in one line', async (code, error) => {
  const { reader } = await readerOf((_, response) =>
    json(response, status(code, 'It\u001b[31m\nsays no.'), code),
  );
  const failure = await reader.get('/api', signal).catch((caught: unknown) => caught);
  expect(failure).toBeInstanceOf(AppError);
  expect(failure).toMatchObject({ code: error });
  expect(hasUnseen((failure as AppError).message)).toBe(false);
  if (code !== 302) expect((failure as AppError).message).toContain('It says no.');
});

test.each([401, 403])(
  'HTTP %i says whose credential it was, who else there is, and what grants access',
  async (code) => {
    credentials.identity = {
      used: 'Google account ada@acme.example',
      others: ['Google account grace@partner.example'],
      grants: 'an IAM role',
      choose: 'the setting gcpAccounts',
    };
    const { reader } = await readerOf((_, response) => json(response, status(code, 'no'), code));
    await expect(reader.get('/api', signal)).rejects.toMatchObject({
      code: 'kube-unauthorized',
      hint: expect.stringMatching(
        /^k8s-tunnels signed in as Google account ada@acme\.example\. Others that reach it: Google account grace@partner\.example \(choose by the setting gcpAccounts\)\. That identity needs an IAM role\./,
      ),
    });
  },
);

test('HTTP 410 says that the page has expired', async () => {
  const { reader } = await readerOf((_, response) => json(response, status(410, 'too old'), 410));
  expect(await reader.get('/api/v1/pods', signal)).toBe(expired);
});

/** Sends one piece after another until the other side closes the stream. */
const endless = ({ stream }: http2.Http2ServerResponse, piece: string) => {
  const more = () => {
    if (!stream.destroyed && !stream.closed) stream.write(piece, () => setImmediate(more));
  };
  more();
};

test.each<[string, Handler, string]>([
  ['no JSON', (_, response) => response.writeHead(200).end('<html>Sign in</html>'), 'answer-refused'],
  ['nothing', (_, response) => response.writeHead(200).end(), 'answer-refused'],
  [
    'no UTF-8',
    (_, response) => response.writeHead(200).end(Buffer.from([0x7b, 0xff, 0xfe])),
    'answer-refused',
  ],
  ['JSON too deep', (_, response) => response.writeHead(200).end('['.repeat(100_000)), 'answer-refused'],
  [
    'JSON of too many values',
    (_, response) => response.writeHead(200).end(`[${'0,'.repeat(600_000)}0]`),
    'answer-refused',
  ],
  ['text without an end', (_, response) => endless(response, ' '.repeat(65_536)), 'answer-refused'],
  [
    'a compressed bomb',
    (_, response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))),
    'answer-refused',
  ],
  [
    'what is not compressed as it says',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{"a":1}'),
    'origin-failed',
  ],
  [
    'an error without an end',
    (_, response) => {
      response.writeHead(403);
      endless(response, 'x'.repeat(65_536));
    },
    'answer-refused',
  ],
  [
    'half an answer',
    (_, response) => {
      response.writeHead(200).write('{"items": [');
      setImmediate(() => response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
    },
    'origin-failed',
  ],
])('a server that answers with %s is refused, and the next request still works', async (_, bad, code) => {
  let isBad = true;
  const { reader } = await readerOf((request, response) => {
    if (isBad) bad(request, response);
    else json(response, { fine: true });
  });
  await expect(reader.get('/api', signal)).rejects.toMatchObject({ code });
  isBad = false;
  expect(await reader.get('/api', signal)).toEqual({ fine: true });
});

test('a server that does not answer ends with the signal, with its reason', async () => {
  const { reader, requests } = await readerOf(() => {});
  const limit = new AbortController();
  const read = reader.get('/api', limit.signal);
  await expect.poll(() => requests.length).toBe(1);
  limit.abort(new AppError('timeout', 'It took too long.'));
  await expect(read).rejects.toMatchObject({ code: 'timeout' });
});

test('an answer that stops in the middle ends with the signal, with its reason', async () => {
  const { reader, requests } = await readerOf((_, response) => void response.writeHead(200).write('{'));
  const limit = new AbortController();
  const read = reader.get('/api', limit.signal);
  await expect.poll(() => requests.length).toBe(1);
  limit.abort(new AppError('timeout', 'It took too long.'));
  await expect(read).rejects.toMatchObject({ code: 'timeout' });
});

const facts = (reader: ApiReader) =>
  readFacts(reader, {
    namespace: 'payments',
    kinds: workloadKinds,
    server: 'The API server of orders',
    signal,
  });
const honest = (url: string) => (url === '/version' ? { gitVersion: 'v1.33.1' } : aList([]));

test.each<[string, unknown]>([
  ['a list of other things', aList([{ metadata: { name: 7 } }])],
  ['a list that is none', { items: 'many' }],
  ['a number', 42],
  ['null', null],
  ['a workload without a template', aList([{ metadata: { name: 'web' }, spec: {} }])],
  ['replicas below zero', aList([{ ...aDeployment({ name: 'web' }), spec: { replicas: -1 } }])],
])('%s in place of Deployments is a gap, and the rest is known', async (_, deployments) => {
  const { reader } = await readerOf(({ url }, response) =>
    json(
      response,
      url.startsWith('/apis/apps/v1/namespaces/payments/deployments') ? deployments : honest(url),
    ),
  );
  const { gaps, facts: known } = await facts(reader);
  expect(gaps).toMatchObject([{ of: 'Deployment', error: { code: 'answer-refused' } }]);
  expect(known).toContainEqual({ field: 'version', key: 'v1.33.1', text: 'v1.33.1' });
});

test('a list whose pages never end is refused after a bounded number of requests', async () => {
  const { reader, requests } = await readerOf(({ url }, response) =>
    json(response, url.includes('/deployments') ? aList([], 'next') : honest(url)),
  );
  const { gaps } = await facts(reader);
  expect(gaps).toMatchObject([{ of: 'Deployment', error: { code: 'answer-refused' } }]);
  expect(requests.filter(({ path }) => path.includes('/deployments'))).toHaveLength(100);
});

test('lists are read in pages; one that expires meanwhile begins again once', async () => {
  let isExpired = true;
  const { reader, requests } = await readerOf(({ url }, response) => {
    if (!url.includes('/deployments')) return void json(response, honest(url));
    const from = new URL(url, 'https://api').searchParams.get('continue');
    if (from === null) return void json(response, aList([aDeployment({ name: 'a' })], 'b&c=d'));
    expect(from).toBe('b&c=d');
    if (!isExpired) return void json(response, aList([aDeployment({ name: 'b' })]));
    isExpired = false;
    json(response, status(410, 'too old'), 410);
  });
  const { workloads } = await facts(reader);
  expect(workloads.map(({ name }) => name)).toEqual(['a', 'b']);
  for (const { path } of requests.filter((one) => /(?:s|nodes)\?/.test(one.path)))
    expect(path).toMatch(/[?&]limit=100(?:&|$)/);
});

test('a namespace that is not there is a gap; one that may not be read is none', async () => {
  let code = 404;
  const { reader } = await readerOf(({ url }, response) => {
    if (url === '/api/v1/namespaces/payments') json(response, status(code, 'no'), code);
    else json(response, honest(url));
  });
  expect((await facts(reader)).gaps).toMatchObject([{ of: 'namespace', error: { code: 'not-found' } }]);
  code = 403;
  expect((await facts(reader)).gaps).toEqual([]);
});

test('a cluster of which nothing but the version can be read fails, with the reason', async () => {
  const { reader } = await readerOf(({ url }, response) =>
    url === '/version' ? json(response, honest(url)) : json(response, status(401, 'Unauthorized'), 401),
  );
  await expect(facts(reader)).rejects.toMatchObject({ code: 'kube-unauthorized' });
});
