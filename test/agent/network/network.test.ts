import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import type { AppError } from '../../../main/model/app-error.ts';
import { createAuthority } from '../../world/authority.ts';
import { absentHost, type Fixture, startFixture, tcpHost } from '../../world-tests/access-fixture.ts';

const password = 'p@ss/w:rd';
const login = { user: 'ada', password };
let world: Fixture;
let network: Network | undefined;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  world = await startFixture({ login });
  trustAuthorities({ env: { SSL_CERT_FILE: world.authorityFile } });
});
afterEach(async () => {
  network?.reset();
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await world.close();
});

const proxyWith = (secret: string) => {
  const url = new URL(world.proxy.url);
  url.username = 'ada';
  url.password = encodeURIComponent(secret);
  return url.href;
};
const through = (HTTPS_PROXY: string, more: Record<string, string> = {}) => {
  network = createNetwork({ HTTPS_PROXY, ...more });
  return network;
};
const app = new URL(`https://${tcpHost}/`);
const failure = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as AppError,
  );
async function listening(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return (server.address() as net.AddressInfo).port;
}

describe('through a proxy', () => {
  it('asks with user and password, and reads the answer without following it', async () => {
    const answer = await through(proxyWith(password)).request(app);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toContain('/cdn-cgi/access/login');
    expect(world.traffic.count('proxy', 'connect')).toBe(1);
  });

  it('takes an address without a scheme as others do', async () => {
    const bare = proxyWith(password).replace(/^http:\/\/|\/$/g, '');
    expect((await through(bare).request(app)).status).toBe(302);
  });

  it.each([
    ['a scheme that is no proxy', 'ftp://ada:geheim@127.0.0.1:1080'],
    ['a port that is not one', 'http://ada:geheim@proxy:port'],
    ['no host', 'http://'],
    ['a password with a broken escape', 'http://ada:geheim%zz@127.0.0.1:1'],
  ])('reports %s once and sends nothing past it, without the password', async (_, value) => {
    network = createNetwork({ https_proxy: value });
    expect(network.troubles).toMatchObject([{ code: 'network-proxy' }]);
    const server = net.createServer();
    const connected = vi.fn();
    server.on('connection', connected);
    const url = new URL(`https://127.0.0.1:${await listening(server)}/`);
    const error = await failure(network.request(url));
    expect(error).toMatchObject({ code: 'network-proxy', message: expect.stringContaining('https_proxy') });
    expect(`${error.message}${error.hint}`).not.toContain('geheim');
    expect(connected).not.toHaveBeenCalled();
  });

  it.each([
    ['a wrong password', () => proxyWith('wrong'), app],
    ['a host that it does not know', () => proxyWith(password), new URL('https://example.com/')],
  ])('tells %s as network-proxy', async (_, proxy, url) => {
    const error = await failure(through(proxy()).request(url));
    expect(error).toMatchObject({ code: 'network-proxy', retryable: true });
    expect(`${error.message}${error.hint}${String(error.cause)}`).not.toMatch(/wrong|p%40ss|p@ss/);
  });

  it.each([
    ['refuses', 'error', 'network-proxy'],
    ['cuts the line', 'drop', 'network-unreachable'],
  ] as const)('tells that it %s', async (_, kind, code) => {
    world.traffic.inject({ service: 'proxy', does: { kind } });
    expect(await failure(through(proxyWith(password)).request(app))).toMatchObject({ code, retryable: true });
  });

  it('tells that it is down', async () => {
    const port = await listening(net.createServer());
    for (const cleanup of cleanups.splice(0)) await cleanup();
    const error = await failure(through(`http://127.0.0.1:${port}`).request(app));
    expect(error).toMatchObject({
      code: 'network-unreachable',
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  it('is passed by for the hosts of NO_PROXY', async () => {
    const { key, certificate } = await (await createAuthority('Inside')).issueServer(['127.0.0.1']);
    const port = await listening(
      https.createServer({ key, cert: certificate }, (_, response) => response.end('in')),
    );
    const error = await failure(
      through(proxyWith(password), { NO_PROXY: '127.0.0.1' }).request(new URL(`https://127.0.0.1:${port}/`)),
    );
    expect(error.code).toBe('network-untrusted');
    expect(world.traffic.count('proxy')).toBe(0);
  });
});

describe('failures', () => {
  it('tells a host without an origin as its answer, not as an error', async () => {
    expect((await through(proxyWith(password)).request(new URL(`https://${absentHost}/`))).status).toBe(530);
  });

  it('tells a certificate of an unknown authority', async () => {
    const other = await createAuthority('Another');
    const file = path.join(world.home, 'other.pem');
    await writeFile(file, other.certificate);
    trustAuthorities({ env: { SSL_CERT_FILE: file } });
    expect(await failure(through(proxyWith(password)).request(app))).toMatchObject({
      code: 'network-untrusted',
      retryable: false,
    });
  });

  it('tells a time-out, and leaves no connection', async () => {
    const server = http.createServer(() => {});
    const url = new URL(`http://127.0.0.1:${await listening(server)}/`);
    network = createNetwork({});
    expect(await failure(network.request(url, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
    await vi.waitFor(async () => {
      const open = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      expect(open).toBe(0);
    });
  });

  it('tells a cancelled request, before and while it runs', async () => {
    const url = new URL(`http://127.0.0.1:${await listening(http.createServer(() => {}))}/`);
    network = createNetwork({});
    expect(await failure(network.request(url, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'cancelled',
    });
    const controller = new AbortController();
    const running = failure(network.request(url, { signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await running).toMatchObject({ code: 'cancelled' });
  });

  it('tells an answer that is cut off', async () => {
    const server = http.createServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    const url = new URL(`http://127.0.0.1:${await listening(server)}/`);
    network = createNetwork({});
    expect(await failure(network.request(url))).toMatchObject({ code: 'network-unreachable' });
  });
});

describe('connections', () => {
  it('an upgraded one outlives the signal and the time-out of its request', async () => {
    const server = http.createServer();
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      socket.pipe(socket);
    });
    const url = new URL(`http://127.0.0.1:${await listening(server)}/`);
    const controller = new AbortController();
    network = createNetwork({});
    const connected = vi.fn();
    // Held: a busy computer may take its time to answer.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const result = await network.upgrade(url, {
      headers: { connection: 'Upgrade', upgrade: 'x' },
      signal: controller.signal,
      timeoutMs: 500,
      onConnected: connected,
    });
    if (result.kind !== 'upgraded') throw new Error('not upgraded');
    controller.abort();
    network.reset();
    vi.advanceTimersByTime(600);
    result.socket.write('still here');
    expect(String((await once(result.socket, 'data'))[0])).toBe('still here');
    expect(connected).toHaveBeenCalledTimes(1);
    result.socket.destroy();
  });

  it('reset drops those that rest and spares those that work', async () => {
    let answer: (() => void) | undefined;
    let sockets = 0;
    const server = http.createServer((request, response) => {
      if (request.url === '/slow') answer = () => response.end('late');
      else response.end('quick');
    });
    server.on('connection', () => {
      sockets += 1;
    });
    const base = `http://127.0.0.1:${await listening(server)}`;
    network = createNetwork({});
    const slow = network.request(new URL(`${base}/slow`));
    await vi.waitFor(() => expect(answer).toBeDefined());
    await network.request(new URL(`${base}/quick`));
    await network.request(new URL(`${base}/quick`));
    expect(sockets).toBe(2);
    network.reset();
    await network.request(new URL(`${base}/quick`));
    expect(sockets).toBe(3);
    answer?.();
    expect(String((await slow).body)).toBe('late');
  });
});
