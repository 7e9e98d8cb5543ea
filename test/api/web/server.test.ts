import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { localChannel } from '../../../main/api/channel.ts';
import type { AgentMessage } from '../../../main/api/serve-messages.ts';
import { startWebServer, type WebServer } from '../../../main/api/web/server.ts';
import { startLocalAgent } from './local-agent.ts';
import { ask, dial, openWith } from './requests.ts';

let agent: Awaited<ReturnType<typeof startLocalAgent>>;
let root: string;
let server: WebServer;
let cookie: string;
const clock = { time: Date.now(), now: () => clock.time };

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-web-'));
  const folder = path.join(root, 'page');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<title>window</title>');
  await writeFile(path.join(folder, 'assets', 'index.js'), 'export {}');
  await writeFile(path.join(root, 'secret.json'), '"outside"');
  await symlink(path.join(root, 'secret.json'), path.join(folder, 'link.json'));
  agent = await startLocalAgent();
  server = await startWebServer({ folder, openChannel: localChannel(agent.served), clock });
  cookie = await openWith(server.issueAddress());
});

afterAll(async () => {
  await server.close();
  await agent.close();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

const host = () => `127.0.0.1:${server.port}`;
const ours = () => ({ host: host(), cookie });

describe('the address', () => {
  test('sets a strict cookie, leads to the page, and works once', async () => {
    const { pathname } = new URL(server.issueAddress());
    const first = await ask({ port: server.port, path: pathname });
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(String(first.headers['set-cookie'])).toMatch(
      /^k8s-tunnels-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
    const second = await ask({ port: server.port, path: pathname });
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
  });

  test('is refused when it is too old, and when it was never issued', async () => {
    const { pathname } = new URL(server.issueAddress());
    clock.time += 5 * 60_000 + 1;
    expect((await ask({ port: server.port, path: pathname })).status).toBe(403);
    expect((await ask({ port: server.port, path: '/open/guess' })).status).toBe(403);
    expect((await ask({ port: server.port, path: '/open/' })).status).toBe(403);
  });
});

describe('the page', () => {
  test('is served with the headers that fence it in', async () => {
    const { status, headers, body } = await ask({ port: server.port, headers: ours() });
    expect(status).toBe(200);
    expect(body).toBe('<title>window</title>');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const script = await ask({ port: server.port, path: '/assets/index.js?v=1', headers: ours() });
    expect(script).toMatchObject({ status: 200, body: 'export {}' });
    const localhost = { host: `localhost:${server.port}`, cookie };
    expect((await ask({ port: server.port, headers: localhost })).status).toBe(200);
  });

  test.each([
    ['no cookie', {}, 401],
    ['a cookie that was made up', { cookie: `k8s-tunnels-0=x` }, 401],
    ['a name that was rebound to 127.0.0.1', { host: 'attacker.example' }, 421],
    ['the right port at a rebound name', { host: 'attacker.example:PORT' }, 421],
    ['an address without our port', { host: '127.0.0.1' }, 421],
    ['a page of another origin', { origin: 'https://attacker.example', cookie: 'OURS' }, 403],
    ['a page of another local server', { origin: 'http://127.0.0.1:1', cookie: 'OURS' }, 403],
    ['an opaque origin', { origin: 'null', cookie: 'OURS' }, 403],
  ])('is refused to %s', async (_who, given, status) => {
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        value.replace('PORT', String(server.port)).replace('OURS', cookie),
      ]),
    );
    for (const asked of ['/', '/assets/index.js']) {
      const answer = await ask({ port: server.port, path: asked, headers });
      expect(answer.status).toBe(status);
      expect(answer.body).not.toContain('window');
    }
  });

  test('a rebound name cannot spend a token either', async () => {
    const { pathname } = new URL(server.issueAddress());
    expect(
      (await ask({ port: server.port, path: pathname, headers: { host: 'attacker.example' } })).status,
    ).toBe(421);
    expect((await ask({ port: server.port, path: pathname })).status).toBe(303);
  });

  test('whatever is no GET needs our origin, and is not answered even then', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask({ port: server.port, method, headers: ours() })).status).toBe(403);
      const own = { ...ours(), origin: `http://${host()}` };
      expect((await ask({ port: server.port, method, headers: own })).status).toBe(405);
    }
  });

  test.each([
    '/../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/assets/../../secret.json',
    '/link.json',
    '//etc/passwd.json',
    '/%00.json',
    '/%',
    '/assets',
    '/absent.js',
  ])('%s leads nowhere', async (asked) => {
    const { status, body } = await ask({ port: server.port, path: asked, headers: ours() });
    expect(status).toBe(404);
    expect(body).not.toContain('outside');
  });
});

describe('the WebSocket', () => {
  const own = () => ({ ...ours(), origin: `http://${host()}` });
  const open = async () => {
    const socket = await dial({ port: server.port, headers: own() });
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    return socket;
  };
  /** The first message, of those that came and will come, that fits. */
  const receiver = (socket: WebSocket) => {
    const came: AgentMessage[] = [];
    socket.on('message', (data) => came.push(JSON.parse(String(data)) as AgentMessage));
    return (fits: (message: AgentMessage) => boolean) =>
      vi.waitUntil(() => came.find(fits), { timeout: 10_000, interval: 5 });
  };
  const answers = (id: number) => (message: AgentMessage) => 'id' in message && message.id === id;
  const closeCode = (socket: WebSocket) =>
    new Promise<number>((resolve) => {
      socket.once('close', resolve);
    });

  test('carries calls, their errors, and the changes that follow a snapshot', async () => {
    const socket = await open();
    const received = receiver(socket);
    socket.send(JSON.stringify({ id: 1, subscribe: true }));
    expect(await received(answers(1))).toMatchObject({ output: { tunnels: [], favourites: [] } });
    socket.send(JSON.stringify({ id: 2, operation: 'settings-set', input: { favouritesOrder: 'name' } }));
    expect(await received(answers(2))).toMatchObject({ output: { favouritesOrder: 'name' } });
    const change = await received((message) => 'change' in message && message.change.kind === 'settings');
    expect(change).toMatchObject({ change: { settings: { favouritesOrder: 'name' } } });
    socket.send(JSON.stringify({ id: 3, operation: 'connect', input: { clusters: [7] } }));
    expect(await received(answers(3))).toMatchObject({ error: { code: 'bad-input' } });
    socket.close();
  });

  test.each([
    ['a page of another site', { origin: 'https://attacker.example' }, 403],
    ['a page of another local server', { origin: 'http://127.0.0.1:1' }, 403],
    ['a program that names no origin', { origin: '' }, 403],
    ['a rebound name', { host: 'attacker.example', origin: 'http://attacker.example' }, 421],
    ['a page without the cookie', { cookie: '' }, 401],
  ])('is refused to %s', async (_who, changed, status) => {
    const headers = Object.fromEntries(
      Object.entries({ ...own(), ...changed }).filter(([, value]) => value !== ''),
    );
    expect(await dial({ port: server.port, headers })).toBe(status);
  });

  test('is nowhere but at /agent, and spends no token', async () => {
    expect(await dial({ port: server.port, path: '/other', headers: own() })).toBe(404);
    const { pathname } = new URL(server.issueAddress());
    const { cookie: _, ...without } = own();
    expect(await dial({ port: server.port, path: pathname, headers: without })).toBe(401);
  });

  test('ends on a message that is too long, that is no JSON, or that is binary', async () => {
    const [long, garbled, binary] = [await open(), await open(), await open()];
    const codes = Promise.all([long, garbled, binary].map(closeCode));
    long.send('x'.repeat(1024 * 1024 + 1));
    garbled.send('{');
    binary.send(Buffer.from('{}'));
    expect(await codes).toEqual([1009, 1003, 1003]);
  });
});

test('a taken port is told', async () => {
  const second = startWebServer({ folder: root, openChannel: localChannel(agent.served), port: server.port });
  await expect(second).rejects.toMatchObject({ code: 'port-busy' });
});
