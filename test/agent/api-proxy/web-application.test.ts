import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceToken } from '../../../main/agent/access/service-tokens.ts';
import { createAccessFront } from '../../../main/agent/tunnels/web-application.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { type ProxyRig, startProxyRig, startServer } from './rig.ts';

// Requests of clients to an API that is published as a web application behind Access: what the edge is sent, and what
// clients get when the edge answers in place of the API server.

const hostname = 'api.cluster.example';
let rig: ProxyRig;
let server: Awaited<ReturnType<typeof startServer>>;
/** What Access has: the user's current token, and how often one was refused. */
let token: string | AppError;
let rejected: string[];
/** This computer's service token, if it has one. */
/** How many connections it takes until the user has signed in. */
let loginAfter: number;
let service: ServiceToken | undefined;
let seen: {
  readonly headers: http.IncomingHttpHeaders;
  readonly path: string | undefined;
  readonly version: string;
}[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const fromApi = { 'audit-id': 'a', 'content-type': 'application/json' };
const loginPage = `https://acme.cloudflareaccess.com/cdn-cgi/access/login/${hostname}?kid=1`;

beforeEach(async () => {
  rig = await startProxyRig();
  token = 'app-token-1';
  rejected = [];
  service = undefined;
  loginAfter = Number.POSITIVE_INFINITY;
  seen = [];
  answer = (_, response) => response.writeHead(200, fromApi).end('{}');
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    seen.push({ headers: request.headers, path: request.url, version: request.httpVersion });
    answer(request, response);
  };
  const h1 = http.createServer(onRequest);
  h1.on('upgrade', (request, socket) => {
    seen.push({ headers: request.headers, path: request.url, version: request.httpVersion });
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
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
  const front = createAccessFront({
    hostname,
    clock: rig.clock,
    access: {
      serviceToken: async () => service,
      async token() {
        if (token instanceof AppError && rig.dialed.length < loginAfter) throw token;
        if (token instanceof AppError) token = 'app-token-after-login';
        return { jwt: token, issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY, email: 'ada@acme.example' };
      },
      async reject(_, { jwt }) {
        rejected.push(jwt);
        token = `app-token-${rejected.length + 1}`;
      },
    },
  });
  rig.server = { ...rig.server, front };
});
afterEach(async () => {
  await rig.close();
  await server.close();
});

interface Asked {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function ask(
  options: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Asked> {
  const { port, certificateAuthorityData, secret } = await rig.endpoint();
  const { method = 'GET', path = '/api/v1/namespaces', headers = {}, body } = options;
  const https = await import('node:https');
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: '127.0.0.1',
      port,
      ca: Buffer.from(certificateAuthorityData, 'base64').toString(),
      method,
      path,
      agent: false,
      headers: { authorization: `Bearer ${secret}`, ...headers },
    });
    const read = (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
      response.on('error', reject);
    };
    request.once('response', read).on('error', reject);
    request.once('upgrade', (response, socket, head) => {
      let text = String(head);
      socket.on('data', (chunk) => (text += chunk));
      socket.on('end', () => resolve({ status: 101, headers: response.headers, body: text }));
    });
    request.end(body);
  });
}

describe('a request to a web application', () => {
  it('has the Access token and the credential of the cluster, and nothing of the client’s own', async () => {
    const { status } = await ask({
      headers: {
        cookie: 'CF_Authorization=clients',
        'cf-access-token': 'clients',
        'cf-access-client-id': 'x',
      },
    });
    expect(status).toBe(200);
    expect(seen).toEqual([
      {
        path: '/api/v1/namespaces',
        version: '2.0',
        headers: expect.objectContaining({
          ':authority': hostname,
          'cf-access-token': 'app-token-1',
          authorization: 'Bearer users-own',
        }),
      },
    ]);
    expect(seen[0]?.headers.cookie).toBeUndefined();
    expect(seen[0]?.headers['cf-access-client-id']).toBeUndefined();
  });

  it('does not bring the client the cookie of the edge', async () => {
    answer = (_, response) =>
      response
        .writeHead(200, { ...fromApi, 'set-cookie': 'CF_Authorization=app-token-1', 'alt-svc': 'h3=":443"' })
        .end('{}');
    const { headers } = await ask();
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['alt-svc']).toBeUndefined();
  });

  it('is sent again with the next token when the edge redirects to the login', async () => {
    answer = (request, response) =>
      request.headers['cf-access-token'] === 'app-token-2'
        ? response.writeHead(200, fromApi).end('{"kind":"NamespaceList"}')
        : response.writeHead(302, { location: loginPage }).end();
    expect(await ask()).toMatchObject({ status: 200, body: '{"kind":"NamespaceList"}' });
    expect(rejected).toEqual(['app-token-1']);
  });

  it('with a body is not sent twice: its client is asked to try again', async () => {
    answer = (request, response) => {
      request.resume();
      response.writeHead(302, { location: loginPage }).end();
    };
    const { status, body } = await ask({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', message: expect.stringContaining('Try again') });
    expect(seen).toHaveLength(1);
  });

  it('ends with a Status that says so, if the edge refuses the next token too', async () => {
    answer = (_, response) => response.writeHead(302, { location: loginPage }).end();
    const { status, body } = await ask();
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', message: expect.stringContaining(hostname) });
    expect(rejected).toEqual(['app-token-1', 'app-token-2']);
  });

  it('without a session gets 401 and what to run', async () => {
    token = new AppError('access-login-needed', `Your session for ${hostname} has ended.`, {
      hint: 'Connect again.',
    });
    const { status, body } = await ask();
    expect(status).toBe(401);
    expect(JSON.parse(body).message).toContain('has ended');
    expect(seen).toEqual([]);
  });

  it('waits for the login that a new connection begins', async () => {
    token = new AppError('access-login-needed', `Your session for ${hostname} has ended.`);
    loginAfter = 1;
    expect((await ask()).status).toBe(200);
    expect(seen[0]?.headers['cf-access-token']).toBe('app-token-after-login');
  });

  it('has the service token of this computer in place of the user’s, and names its file if it is refused', async () => {
    service = { clientId: 'id.access', clientSecret: 'secret', file: '/etc/k8s-tunnels/secret' };
    expect((await ask()).status).toBe(200);
    expect(seen[0]?.headers).toMatchObject({
      'cf-access-client-id': 'id.access',
      'cf-access-client-secret': 'secret',
    });
    expect(seen[0]?.headers['cf-access-token']).toBeUndefined();
    answer = (_, response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<html>');
    const { status, body } = await ask();
    expect(status).toBe(403);
    expect(JSON.parse(body).message).toContain('/etc/k8s-tunnels/secret');
  });

  it.each([
    [
      403,
      { 'content-type': 'text/html', 'cf-ray': '8f-FRA' },
      '<h1>That account does not have access</h1>',
      403,
      'Ray ID 8f-FRA',
    ],
    [302, { location: 'https://wiki.acme.example/denied' }, '', 403, 'redirects to wiki.acme.example'],
    [403, { 'content-type': 'text/html', 'cf-mitigated': 'challenge' }, '<html>', 503, 'bot protection'],
    [502, { 'content-type': 'text/plain' }, 'error code: 502', 503, 'its origin does not respond (HTTP 502)'],
    [530, { 'content-type': 'text/html' }, '<html>', 503, 'its origin does not respond (HTTP 530)'],
    [429, { 'content-type': 'text/plain' }, 'error code: 1015', 503, 'HTTP 429'],
    [404, { 'content-type': 'text/html' }, '<html>', 503, 'origin tag'],
  ])('turns an answer of the edge (%i, %j) into a Status', async (code, headers, page, status, says) => {
    answer = (_, response) => response.writeHead(code, headers).end(page);
    const answered = await ask();
    expect(answered.status).toBe(status);
    expect(answered.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answered.body)).toMatchObject({
      kind: 'Status',
      message: expect.stringContaining(says),
    });
    expect(answered.body).not.toContain('<');
  });

  it.each([
    [401, { 'content-type': 'application/json' }, '{"kind":"Status","code":401}'],
    [403, { 'content-type': 'application/json' }, '{"kind":"Status","code":403}'],
    [403, { 'audit-id': 'a', 'content-type': 'text/html' }, '<h1>of a service behind the API server</h1>'],
    [301, { location: '/api/v1/namespaces/a/services/b/proxy/' }, ''],
    [500, { 'audit-id': 'a', 'content-type': 'text/plain' }, '[-]etcd failed'],
  ])('passes on what the API server itself answers (%i, %j)', async (code, headers, body) => {
    answer = (_, response) => response.writeHead(code, headers).end(body);
    expect(await ask()).toMatchObject({ status: code, body });
    expect(rejected).toEqual([]);
  });

  it('is refused where the credential is a client certificate: the edge ends TLS', async () => {
    rig.credential = { kind: 'client-certificate', certificate: 'c', key: 'k', expiresAt: undefined };
    const { status, body } = await ask();
    expect(status).toBe(503);
    expect(JSON.parse(body).message).toContain('client certificates, which cannot pass');
    expect(seen).toEqual([]);
  });
});

describe('a stream to a web application', () => {
  const upgrade = (protocol: string) => ({
    path: '/api/v1/namespaces/a/pods/b/exec?command=sh',
    headers: { connection: 'Upgrade', upgrade: protocol },
  });

  it('passes as a WebSocket, with the Access token', async () => {
    expect(await ask(upgrade('websocket'))).toMatchObject({ status: 101, body: 'hello' });
    expect(seen[0]).toMatchObject({ version: '1.1', headers: { 'cf-access-token': 'app-token-1' } });
  });

  it('over SPDY is answered with what to do instead', async () => {
    answer = (_, response) =>
      response
        .writeHead(400, fromApi)
        .end('{"kind":"Status","message":"Upgrade request required","code":400}');
    const { status, body } = await ask({ ...upgrade('SPDY/3.1'), method: 'POST' });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      message: expect.stringContaining('kubectl and Kubernetes to 1.30'),
    });
    expect(seen[0]?.headers.upgrade).toBeUndefined();
  });

  it.each([
    [403, '{"kind":"Status","message":"pods "b" is forbidden","code":403}'],
    [400, '{"kind":"Status","message":"container x is not valid for pod b","code":400}'],
  ])('over SPDY gets the refusal of the API server itself (%i)', async (code, body) => {
    answer = (_, response) => response.writeHead(code, fromApi).end(body);
    expect(await ask({ ...upgrade('SPDY/3.1'), method: 'POST' })).toMatchObject({ status: code, body });
  });
});

it('an API below a path is asked there', async () => {
  const { front: _, ...bare } = rig.server;
  rig.server = { ...bare, path: '/v1/projects/1/locations/global/memberships/depot' };
  expect((await ask()).status).toBe(200);
  expect(seen[0]?.path).toBe('/v1/projects/1/locations/global/memberships/depot/api/v1/namespaces');
});
