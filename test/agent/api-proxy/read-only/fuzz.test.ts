import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TlsEndpoint } from '../../../../main/agent/api-proxy/tls-endpoint.ts';
import { createRandom } from '../../kubeconfig/fuzz/random.ts';
import { type ProxyRig, startProxyRig, startServer } from '../rig.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let rig: ProxyRig;
let endpoint: TlsEndpoint;
let server: Awaited<ReturnType<typeof startServer>>;
let upgrades = 0;
const seen: Seen[] = [];

/** An API server that does whatever it is asked, and records it. */
beforeAll(async () => {
  rig = await startProxyRig();
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: await text(request).catch(() => 'cut off') });
    response.end('{"kind":"Status"}');
  };
  const h1 = http.createServer(onRequest).on('upgrade', (_, socket: Socket) => {
    upgrades += 1;
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  const h2 = http2.createServer({ settings: { enableConnectProtocol: true } }, (request, response) =>
    onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  server = await startServer(
    rig.authority,
    (socket) => (socket.alpnProtocol === 'h2' ? h2 : h1).emit('connection', socket),
    { ALPNProtocols: ['h2', 'http/1.1'] },
  );
  rig.target = server.port;
  endpoint = await rig.proxies.forFile(rig.cluster, {
    file: '/reader.yaml',
    isContainers: false,
    readOnly: {},
  });
});
afterAll(async () => {
  await rig.close();
  await server.close();
});

type List<T> = readonly [T, ...T[]];
const methods: List<string> = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'LOCK',
];
const segments: List<string> = [
  'api',
  ...[
    'api',
    'apis',
    'v1',
    'namespaces',
    'web',
    'pods',
    'a',
    'exec',
    'attach',
    'portforward',
    'proxy',
    'log',
    'watch',
  ],
  ...[
    'secrets',
    'token',
    'eviction',
    'scale',
    'status',
    'apps',
    'deployments',
    'nodes',
    'services',
    'redirect',
  ],
  ...['authorization.k8s.io', 'selfsubjectaccessreviews', 'serviceaccounts', 'version', 'logs', 'finalize'],
  ...[
    '..',
    '.',
    '',
    '%2e%2e',
    '%2f',
    'pods%2Fa%2Fexec',
    '%252e',
    'EXEC',
    'Secrets',
    '%73ecrets',
    'a:80',
    '%00',
    ';x',
  ],
];
const starts: List<string> = [
  '/api/v1/namespaces/web/pods',
  ...[
    '/api/v1',
    '/api/v1/namespaces/web',
    '/api/v1/namespaces/web/pods/a',
    '/apis/apps/v1',
    '/api/v1/watch',
    '/api',
  ],
  ...['/apis/authorization.k8s.io/v1', '/api/v1/proxy', '', '//api/v1', '/apis', '/./api/v1'],
];
const queries: List<string> = [
  '',
  '',
  '?watch=1',
  '?dryRun=All',
  '?watch=0&watch=1',
  '?command=sh&stdin=1',
  '?/exec',
  '?%2fexec',
];
const fields: List<readonly [string, string]> = [
  ['Impersonate-User', 'admin'],
  ['impersonate_user', 'admin'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Remote-User', 'admin'],
  ['Upgrade', 'SPDY/3.1'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Connection', 'Upgrade, close'],
  ['Connection', 'Impersonate-User'],
  ['Transfer-Encoding', 'chunked'],
  ['Content-Length', '2'],
  ['Content-Length', '0'],
  ['Expect', '100-continue'],
  ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
  ['Accept', 'application/json'],
  ['Accept', 'application/json;as=Table;v=v1;g=meta.k8s.io'],
  ['Sec-WebSocket-Protocol', 'base64url.bearer.authorization.k8s.io.YQ'],
];

function requests(count: number, seed: number) {
  const { pick, below, chance } = createRandom(seed);
  return Array.from({ length: count }, () => ({
    method: chance(0.6) ? 'GET' : pick(methods),
    path: `${pick(starts)}${Array.from({ length: below(4) }, () => `/${pick(segments)}`).join('')}${pick(queries)}`,
    fields: Array.from({ length: chance(0.4) ? 1 + below(2) : 0 }, () => pick(fields)),
    body: chance(0.2) ? '{}' : '',
  }));
}
type Made = ReturnType<typeof requests>[number];

function connect(protocol: 'h2' | 'http/1.1'): tls.TLSSocket {
  const ca = Buffer.from(endpoint.certificateAuthorityData, 'base64').toString();
  const socket = tls.connect({ port: endpoint.port, host: '127.0.0.1', ca, ALPNProtocols: [protocol] });
  socket.on('error', () => {});
  return socket;
}

/** As bytes: no library between that would refuse or repair it. */
async function overHttp1({ method, path, fields: more, body }: Made): Promise<void> {
  const socket = connect('http/1.1');
  const lines = [
    `${method} ${path || '/'} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${endpoint.secret}`,
    ...more.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.resume();
  await once(socket, 'close').catch(() => {});
}

async function overHttp2(session: http2.ClientHttp2Session, made: Made, isConnect: boolean): Promise<void> {
  const headers: http2.OutgoingHttpHeaders = {
    ':method': isConnect ? 'CONNECT' : made.method,
    ...(isConnect ? { ':protocol': 'websocket', ':scheme': 'https', ':authority': 'localhost' } : {}),
    ':path': made.path || '/',
    authorization: `Bearer ${endpoint.secret}`,
  };
  const allowed = ['impersonate', 'x-', 'accept', 'sec-'];
  for (const [name, value] of made.fields)
    if (allowed.some((one) => name.toLowerCase().startsWith(one))) headers[name.toLowerCase()] = value;
  const stream = session.request(headers, { endStream: false });
  stream.on('error', () => {});
  stream.end(made.body);
  stream.resume();
  await once(stream, 'close').catch(() => {});
}

/** What is named in a path, as a server reads it that decodes as often as it can, ignores case and tidies up. */
function named(url: string) {
  let path = url.split('?')[0] ?? '';
  for (let turn = 0; turn < 3; turn += 1)
    try {
      path = decodeURIComponent(path);
    } catch {
      break;
    }
  const tidy = new URL(path.replaceAll('\\', '/'), 'https://localhost').pathname.toLowerCase();
  const [prefix = '', ...parts] = tidy.split('/').filter(Boolean);
  if (prefix !== 'api' && prefix !== 'apis') return { prefix, first: '', resource: '', subresource: '' };
  parts.splice(0, prefix === 'api' ? 1 : 2);
  const [first = ''] = parts;
  if (first === 'watch') parts.shift();
  if (parts[0] === 'namespaces' && parts[2] !== 'status') parts.splice(0, 2);
  const [resource = '', , subresource = ''] = parts;
  return { prefix, first, resource, subresource };
}

it.each([1, 2])('no change, no upgrade and no Secret passes, whatever is sent (seed %i)', async (seed) => {
  const made = requests(150, seed);
  for (let at = 0; at < made.length; at += 25) await Promise.all(made.slice(at, at + 25).map(overHttp1));
  const session = http2.connect('https://localhost', { createConnection: () => connect('h2') });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  for (let at = 0; at < made.length; at += 25)
    await Promise.all(made.slice(at, at + 25).map((one, index) => overHttp2(session, one, index % 10 === 0)));
  session.destroy();

  expect(upgrades).toBe(0);
  // Some were allowed: otherwise nothing was tried.
  expect(seen.length).toBeGreaterThan(20);
  for (const { method, url, headers, body } of seen) {
    const { prefix, first, resource, subresource } = named(url);
    if (method === 'POST')
      expect(url).toMatch(/^\/apis\/authorization\.k8s\.io\/v1\/selfsubjectaccessreviews(\?|$)/);
    else expect(['GET', 'HEAD'], `${method} ${url}`).toContain(method);
    if (method !== 'POST') expect(body).toBe('');
    expect(['', 'log', 'status', 'scale'], url).toContain(subresource);
    expect(['proxy', 'redirect'], url).not.toContain(first);
    expect(['', 'api', 'apis', 'version'], url).toContain(prefix);
    for (const name of Object.keys(headers))
      expect(name).not.toMatch(/^(impersonate|upgrade|x-http|x-remote)/);
    if (resource === 'secrets')
      expect(headers.accept, url).toBe('application/json;as=Table;v=v1;g=meta.k8s.io');
  }
});
