import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Audit, createAudit } from '../../../main/agent/audit/audit.ts';
import { openAuditReader } from '../../../main/agent/audit/reader.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { AppError } from '../../../main/model/app-error.ts';
import type { AuditEntry } from '../../../main/model/audit-entry.ts';
import { type ProxyRig, startProxyRig, startServer } from '../api-proxy/rig.ts';

let rig: ProxyRig;
let folder: string;
let audit: Audit;
let isOn: boolean;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Awaited<ReturnType<typeof startServer>>;

beforeEach(async () => {
  rig = await startProxyRig();
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-audit-'));
  isOn = true;
  audit = createAudit({
    folder,
    clock: rig.clock,
    logger: silentLogger,
    network: { request: async () => Promise.reject(new Error('no network')) },
    settings: () => ({ audit: isOn, auditExport: '' }),
    titleOf: () => 'Proxied',
    notice: () => {},
  });
  rig.audit = audit;
  answer = (_, response) => response.end('answered');
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    response.on('error', () => {});
    answer(request, response);
  };
  const h1 = http.createServer(onRequest);
  h1.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    socket.on('error', () => {});
    socket.once('data', () => socket.end('12345'));
  });
  const h2 = http2.createServer((request, response) =>
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  server = await startServer(
    rig.authority,
    (socket) => (socket.alpnProtocol === 'h2' ? h2 : h1).emit('connection', socket),
    { ALPNProtocols: ['h2', 'http/1.1'] },
  );
  rig.target = server.port;
});
afterEach(async () => {
  await rig.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Ask = (path: string, asked?: Asked) => Promise<{ readonly status: number; readonly body: string }>;

const overHttp1: Ask = async (target, { method = 'GET', body, secret, headers } = {}) => {
  const socket = await rig.connect('http/1.1');
  const authorization = `Bearer ${secret ?? (await rig.endpoint()).secret}`;
  return new Promise((resolve, reject) => {
    const options = { createConnection: () => socket, path: target, method };
    http
      .request({ ...options, headers: { ...headers, authorization } }, async (response) =>
        resolve({
          status: response.statusCode ?? 0,
          body: await text(response).catch(() => 'cut off'),
        }),
      )
      .on('error', reject)
      .end(body);
  });
};

const overHttp2: Ask = async (target, { method = 'GET', body, secret, headers } = {}) => {
  const socket = await rig.connect('h2');
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  const authorization = `Bearer ${secret ?? (await rig.endpoint()).secret}`;
  const stream = session.request({ ...headers, ':path': target, ':method': method, authorization });
  stream.end(body);
  const [answered] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  const whole = await text(stream).catch(() => 'cut off');
  session.close();
  return { status: Number(answered[':status']), body: whole };
};

const entries = async (): Promise<readonly AuditEntry[]> => {
  await audit.close();
  const reader = openAuditReader(folder);
  const found = reader.last(1_000, () => true);
  reader.close();
  return found;
};
/** Waits for that many entries. */
const recorded = async (count: number): Promise<readonly AuditEntry[]> => {
  await vi.waitFor(async () => expect(await entries()).toHaveLength(count));
  return entries();
};
const about = { at: expect.any(Number), ms: expect.any(Number), title: 'Proxied' };

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('over %s', (_, ask) => {
  it('a request is one entry, with the bytes of its answer', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('ü'.repeat(50_000));
      response.end('end');
    };
    await ask('/apis/apps/v1/namespaces/web/deployments/a?pretty=hunter2', {
      headers: { 'user-agent': 'kubectl/v1.33.2 (linux/amd64)', cookie: 'session=hunter2' },
    });
    expect(await recorded(1)).toEqual([
      {
        ...about,
        event: 'answered',
        cluster: rig.cluster.id,
        verb: 'get',
        group: 'apps',
        resource: 'deployments',
        namespace: 'web',
        name: 'a',
        status: 200,
        bytes: 100_003,
        client: 'kubectl/v1.33.2',
      },
    ]);
  });

  it('a body, a query, a field and a secret are in none', async () => {
    answer = (_request, response) => {
      response.setHeader('x-hunter2', 'hunter2');
      response.statusCode = 409;
      response.end('hunter2');
    };
    const { secret } = await rig.endpoint();
    await ask('/api/v1/namespaces/web/secrets?fieldManager=hunter2', {
      method: 'POST',
      body: '{"data":{"password":"hunter2"}}',
      headers: { 'x-hunter2': 'hunter2', 'user-agent': 'kubectl/v1 hunter2' },
    });
    expect(await recorded(1)).toMatchObject([{ verb: 'create', resource: 'secrets', status: 409, bytes: 7 }]);
    const written = await readFile(path.join(folder, 'audit.jsonl'), 'utf8');
    expect(written).not.toContain('hunter2');
    expect(written).not.toContain(secret);
  });

  it('what a read-only secret does not allow is an entry that says so', async () => {
    const { secret } = await rig.proxies.forFile(rig.cluster, {
      file: '/reader.yaml',
      isContainers: false,
      readOnly: {},
    });
    expect((await ask('/api/v1/namespaces/web/pods/a', { method: 'DELETE', secret })).status).toBe(403);
    expect((await ask('/api/v1/namespaces/web/pods/a', { secret })).status).toBe(200);
    const [refused, read] = await recorded(2);
    expect(refused).toMatchObject({ verb: 'delete', name: 'a', status: 403, refused: true, readOnly: true });
    expect(read).toMatchObject({ verb: 'get', status: 200, readOnly: true });
    expect(read).not.toHaveProperty('refused');
  });

  it('a secret that has ended, another user and a server that is away are entries', async () => {
    const { secret } = await rig.endpoint();
    rig.target = new AppError('network-unreachable', 'Nothing answers.');
    expect((await ask('/version', { secret })).status).toBe(503);
    rig.owner = 'bob';
    rig.clock.skip(6_000);
    expect((await ask('/version', { secret })).status).toBe(401);
    expect((await ask('/version', { secret })).status).toBe(401);
    const [away, other, ended] = await recorded(3);
    expect(away).toMatchObject({ path: '/version', status: 503 });
    expect(away).not.toHaveProperty('refused');
    expect(other).toMatchObject({ path: '/version', status: 401, refused: true });
    expect(ended).toMatchObject({ path: '/version', status: 401, refused: true });
  });

  it('an answer that breaks off is an entry that says so', async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      response.write('12345', () => rig.dialed.at(-1)?.destroy());
    };
    await ask('/api/v1/pods').catch(() => {});
    expect(await recorded(1)).toMatchObject([{ verb: 'list', status: 200, incomplete: true }]);
  });

  it('no entry is made while it is off', async () => {
    isOn = false;
    await ask('/version');
    isOn = true;
    await ask('/healthz');
    expect(await recorded(1)).toMatchObject([{ path: '/healthz' }]);
  });
});

it('a watch is an entry when it begins, and one when it ends', async () => {
  answer = (_, response) => {
    response.writeHead(200);
    response.write('{"type":"ADDED"}\n');
  };
  const socket = await rig.connect();
  const { secret } = await rig.endpoint();
  socket.write(
    `GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nUser-Agent: k9s/v0.50 x\r\n\r\n`,
  );
  await once(socket, 'data');
  expect(await recorded(1)).toMatchObject([
    { event: 'opened', verb: 'watch', status: 200, client: 'k9s/v0.50' },
  ]);
  socket.destroy();
  const [opened, closed] = await recorded(2);
  expect(closed).toMatchObject({ event: 'closed', verb: 'watch', status: 200, bytes: 17, incomplete: true });
  expect(closed).toHaveProperty('stream', (opened as { stream?: string }).stream);
});

it.each(['connection', 'request'])('a watch over HTTP/2 ends with the %s of its client', async (ended) => {
  answer = (_, response) => {
    response.writeHead(200);
    response.write('{"type":"ADDED"}\n');
  };
  const socket = await rig.connect('h2');
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  session.on('error', () => {});
  const authorization = `Bearer ${(await rig.endpoint()).secret}`;
  const stream = session.request({ ':path': '/api/v1/pods?watch=true', authorization });
  stream.on('error', () => {});
  await once(stream, 'data');
  expect(await recorded(1)).toMatchObject([{ event: 'opened', verb: 'watch', status: 200 }]);
  if (ended === 'connection') socket.destroy();
  else stream.close(http2.constants.NGHTTP2_CANCEL);
  const [, closed] = await recorded(2);
  expect(closed).toMatchObject({ event: 'closed', verb: 'watch', bytes: 17, incomplete: true });
  session.destroy();
});

it('an upgraded connection is an entry when it begins, and one when it ends', async () => {
  const socket = await rig.connect();
  const { secret } = await rig.endpoint();
  socket.write(
    `POST /api/v1/namespaces/web/pods/a/exec?command=id HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`,
  );
  await once(socket, 'data');
  expect(await recorded(1)).toMatchObject([{ event: 'opened', subresource: 'exec', name: 'a', status: 101 }]);
  socket.end('go');
  await text(socket);
  const [, closed] = await recorded(2);
  expect(closed).toMatchObject({ event: 'closed', subresource: 'exec', status: 101, bytes: 5 });
  expect(closed).not.toHaveProperty('incomplete');
});

it('a watch that the agent ends when it stops is closed in the file', async () => {
  answer = (_, response) => response.writeHead(200).write('{"type":"ADDED"}\n');
  const socket = await rig.connect();
  const { secret } = await rig.endpoint();
  socket.write(
    `GET /api/v1/namespaces/watchtower/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`,
  );
  await once(socket, 'data');
  await rig.proxies.close();
  expect(await entries()).toMatchObject([{ event: 'opened' }, { event: 'closed', incomplete: true }]);
});

it('a namespace that is named like a watch has none', async () => {
  await overHttp1('/api/v1/namespaces/watchtower/pods');
  expect(await recorded(1)).toMatchObject([{ event: 'answered', verb: 'list', namespace: 'watchtower' }]);
});

it('a client that leaves before its answer is an entry without a status', async () => {
  const asked = Promise.withResolvers<void>();
  answer = () => asked.resolve();
  const socket = await rig.connect();
  const { secret } = await rig.endpoint();
  socket.write(`GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  await asked.promise;
  socket.destroy();
  const [left] = await recorded(1);
  expect(left).toMatchObject({ event: 'answered', verb: 'list', bytes: 0, incomplete: true });
  expect(left).not.toHaveProperty('status');
});

it('a request without a valid secret is no entry: its refusal is counted elsewhere', async () => {
  expect((await overHttp1('/version', { secret: 'wrong' })).status).toBe(401);
  expect(rig.refusals).toHaveLength(1);
  expect(await entries()).toEqual([]);
});

it('the counters say the same', async () => {
  await overHttp1('/version');
  await recorded(1);
  expect(audit.metrics().flat()).toContain(
    `k8s_tunnels_api_requests_total{cluster="${rig.cluster.id}",title="Proxied",verb="get",code="200",by="server"} 1`,
  );
});
