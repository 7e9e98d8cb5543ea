import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { localChannel } from '../../../main/api/channel.ts';
import type { AgentMessage } from '../../../main/api/serve-messages.ts';
import { guardedChannel } from '../../../main/api/web/guard.ts';
import { proofOf, randomWord } from '../../../main/api/web/proof.ts';
import { startWebServer, type WebServer } from '../../../main/api/web/server.ts';
import { startLocalAgent } from './local-agent.ts';
import { ask, dial, dialAsPage, openPage, partsOf } from './requests.ts';

let agent: Awaited<ReturnType<typeof startLocalAgent>>;
let root: string;
let server: WebServer;
/** Of the window, with the slash at its end. */
let base: string;
let hasAgentQuit = false;
let timers = new Set<() => void>();
const clock = {
  time: Date.now(),
  now: () => clock.time,
  timer(_ms: number, run: () => void) {
    timers.add(run);
    return () => void timers.delete(run);
  },
  /** Time passes, and every timer that was set is due. */
  pass(ms: number) {
    clock.time += ms;
    const due = timers;
    timers = new Set();
    for (const run of due) run();
  },
};

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-web-'));
  const folder = path.join(root, 'page');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<title>window</title>');
  await writeFile(path.join(folder, 'assets', 'index.js'), 'export {}');
  await writeFile(path.join(root, 'secret.json'), '"outside"');
  await symlink(path.join(root, 'secret.json'), path.join(folder, 'link.json'));
  agent = await startLocalAgent();
  server = await startWebServer({
    folder,
    openChannel: guardedChannel(localChannel(agent.served), undefined),
    hasAgentQuit: () => hasAgentQuit,
    clock,
  });
  base = partsOf(server.issueAddress()).path;
});

afterAll(async () => {
  await server.close();
  await agent.close();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

const host = () => `127.0.0.1:${server.port}`;
const ours = () => ({ host: host() });
/** The close code of a page that tries to come in, or `opened`; its connection is closed again. */
const attempt = async (...page: Parameters<typeof openPage>) => {
  try {
    const { socket } = await openPage(...page);
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    return 'opened';
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};
const closeCode = (socket: WebSocket) =>
  new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });

describe('the address', () => {
  test('holds its secret in the fragment alone, and opens the window once', async () => {
    const address = server.issueAddress();
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{8}\/#open=[\w-]{11}\.[\w-]{22}$/);
    const { socket, session } = await openPage(address);
    socket.close();
    expect(session.key).not.toBe(partsOf(address).secret.key);
    expect(await attempt(address)).toBe('4401');
    expect(await attempt(address, session)).toBe('opened');
  });

  test('lets one of two pages in that come at once', async () => {
    const address = server.issueAddress();
    const both = await Promise.all([attempt(address), attempt(address)]);
    expect(both.toSorted()).toEqual(['4401', 'opened']);
  });

  test('is refused when it is too old, and when it was never issued', async () => {
    const address = server.issueAddress();
    clock.time += 5 * 60_000 + 1;
    expect(await attempt(address)).toBe('4401');
    const fresh = server.issueAddress();
    const { secret } = partsOf(fresh);
    expect(await attempt(fresh, { ...secret, id: 'AAAAAAAAAAA' })).toBe('4401');
    expect(await attempt(fresh, { ...secret, kind: 'session' })).toBe('4401');
  });
});

describe('a session', () => {
  test('ends, with its open page, after 12 hours without a message', async () => {
    const address = server.issueAddress();
    const { socket, session } = await openPage(address);
    const answered = once(socket, 'message');
    clock.pass(11 * 3_600_000);
    socket.send(JSON.stringify({ id: 1, operation: 'settings-get', input: {} }));
    await answered;
    clock.pass(11 * 3_600_000);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const code = closeCode(socket);
    clock.pass(3_600_001);
    expect(await code).toBe(4401);
    expect(await attempt(address, session)).toBe('4401');
  });

  test('ends with an agent that was told to quit, but a new address opens the next one', async () => {
    const address = server.issueAddress();
    const { socket, session } = await openPage(address);
    await vi.waitFor(async () => {
      const answered = once(socket, 'message');
      socket.send(JSON.stringify({ id: 1, operation: 'settings-get', input: {} }));
      await answered;
    });
    const code = closeCode(socket);
    hasAgentQuit = true;
    try {
      expect(await attempt(address, session)).toBe('4401');
      expect(await code).toBe(4401);
      expect(await attempt(server.issueAddress())).toBe('opened');
    } finally {
      hasAgentQuit = false;
    }
  });
});

describe('the page', () => {
  test('is served with the headers that fence it in', async () => {
    const { status, headers, body } = await ask({ port: server.port, path: base, headers: ours() });
    expect(status).toBe(200);
    expect(headers['set-cookie']).toBeUndefined();
    expect(body).toBe('<title>window</title>');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const script = await ask({ port: server.port, path: `${base}assets/index.js?v=1`, headers: ours() });
    expect(script).toMatchObject({ status: 200, body: 'export {}' });
  });

  test('is at a path of its own, so that no other account can have left files for it in a browser', async () => {
    const other = await startWebServer({ folder: root, openChannel: localChannel(agent.served) });
    expect(partsOf(other.issueAddress()).path).not.toBe(base);
    await other.close();
    for (const path of ['/', '/assets/index.js', `/x${base}`])
      expect(await ask({ port: server.port, path, headers: ours() })).toMatchObject({
        status: 404,
        body: 'Open the address that `k8s-tunnels serve` printed.',
      });
  });

  test.each([
    ['a name that was rebound to 127.0.0.1', { host: 'attacker.example' }, 421],
    ['the right port at a rebound name', { host: 'attacker.example:PORT' }, 421],
    ['localhost, which another account can answer on ::1', { host: 'localhost:PORT' }, 421],
    ['an address without our port', { host: '127.0.0.1' }, 421],
    ['a page of another origin', { origin: 'https://attacker.example' }, 403],
    ['a page of another local server', { origin: 'http://127.0.0.1:1' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
  ])('is refused to %s', async (_who, given, status) => {
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value.replace('PORT', String(server.port))]),
    );
    for (const asked of ['', 'assets/index.js']) {
      const answer = await ask({ port: server.port, path: `${base}${asked}`, headers });
      expect(answer.status).toBe(status);
      expect(answer.body).not.toContain('window');
    }
  });

  test('whatever is no GET needs our origin, and is not answered even then', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const asked = { port: server.port, path: base, method };
      expect((await ask({ ...asked, headers: ours() })).status).toBe(403);
      const own = { ...ours(), origin: `http://${host()}` };
      expect((await ask({ ...asked, headers: own })).status).toBe(405);
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
    const path = `${base.slice(0, -1)}${asked}`;
    const { status, body } = await ask({ port: server.port, path, headers: ours() });
    expect(status).toBe(404);
    expect(body).not.toContain('outside');
  });
});

describe('the WebSocket', () => {
  const own = () => ({ ...ours(), origin: `http://${host()}` });
  const open = async () => (await openPage(server.issueAddress())).socket;
  /** The first message, of those that came and will come, that fits. */
  const receiver = (socket: WebSocket) => {
    const came: AgentMessage[] = [];
    socket.on('message', (data) => came.push(JSON.parse(String(data)) as AgentMessage));
    return (fits: (message: AgentMessage) => boolean) =>
      vi.waitUntil(() => came.find(fits), { timeout: 10_000, interval: 5 });
  };
  const answers = (id: number) => (message: AgentMessage) => 'id' in message && message.id === id;

  test('carries calls, their errors, and the changes that follow a snapshot', async () => {
    const socket = await open();
    const received = receiver(socket);
    socket.send(JSON.stringify({ id: 1, subscribe: true }));
    expect(await received(answers(1))).toMatchObject({ output: { tunnels: [], favourites: [] } });
    socket.send(JSON.stringify({ id: 2, operation: 'settings-set', input: { favouritesOrder: 'name' } }));
    expect(await received(answers(2))).toMatchObject({ output: { favouritesOrder: 'name' } });
    const change = await received(
      (message) =>
        'change' in message && message.change.kind === 'set' && message.change.values.settings !== undefined,
    );
    expect(change).toMatchObject({ change: { values: { settings: { favouritesOrder: 'name' } } } });
    socket.send(JSON.stringify({ id: 3, operation: 'connect', input: { clusters: [7] } }));
    expect(await received(answers(3))).toMatchObject({ error: { code: 'bad-input' } });
    socket.close();
  });

  test.each([
    ['a page of another site', { origin: 'https://attacker.example' }, 403],
    ['a page of another local server', { origin: 'http://127.0.0.1:1' }, 403],
    ['a program that names no origin', { origin: '' }, 403],
    ['a rebound name', { host: 'attacker.example', origin: 'http://attacker.example' }, 421],
    ['localhost', { host: 'localhost:PORT', origin: 'http://localhost:PORT' }, 421],
  ])('is refused to %s', async (_who, changed, status) => {
    const headers = Object.fromEntries(
      Object.entries({ ...own(), ...changed })
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, value.replace('PORT', String(server.port))]),
    );
    expect(await dial({ port: server.port, path: `${base}agent`, headers })).toBe(status);
  });

  test('is nowhere but beside the window', async () => {
    for (const path of [`${base}other`, '/agent', base])
      expect(await dial({ port: server.port, path, headers: own() })).toBe(404);
  });

  /** What comes on a connection until it is closed. */
  const all = async (socket: WebSocket) => {
    const came: unknown[] = [];
    socket.on('message', (data) => came.push(JSON.parse(String(data))));
    const code = await closeCode(socket);
    return { code, came };
  };

  test('sends nothing of the agent to a page that proves nothing, and lets it try once', async () => {
    const address = server.issueAddress();
    const { secret } = partsOf(address);
    const call = { id: 1, operation: 'credential', input: { cluster: 'x' } };
    const { kind, id } = secret;
    const hello = { kind, id, nonce: randomWord() };
    const only = { came: [], code: 1008 };
    for (const first of [
      call,
      { id: 1, subscribe: true },
      {},
      7,
      { ...hello, nonce: 'short' },
      { ...hello, more: 1 },
    ]) {
      const socket = await dialAsPage(address);
      const end = all(socket);
      socket.send(JSON.stringify(first));
      expect(await end).toEqual(only);
    }
    for (const second of [call, hello, { proof: 7 }]) {
      const socket = await dialAsPage(address);
      const end = all(socket);
      socket.send(JSON.stringify(hello));
      await once(socket, 'message');
      socket.send(JSON.stringify(second));
      expect(await end).toEqual({
        code: 1008,
        came: [{ nonce: expect.any(String), proof: expect.any(String) }],
      });
    }
    // A wrong proof, and the server's own sent back.
    for (const who of ['server', undefined] as const) {
      const socket = await dialAsPage(address);
      const end = all(socket);
      socket.send(JSON.stringify(hello));
      const [data] = (await once(socket, 'message')) as [Buffer];
      const nonces = { server: (JSON.parse(String(data)) as { nonce: string }).nonce, page: hello.nonce };
      const proof = who === undefined ? 'guess' : await proofOf(secret, who, nonces);
      socket.send(JSON.stringify({ proof }));
      socket.send(JSON.stringify({ proof: await proofOf(secret, 'page', nonces) }));
      expect((await end).came).toHaveLength(1);
    }
    // None of that has spent it.
    expect(await attempt(address)).toBe('opened');
  });

  test('does not take a proof again that was given before', async () => {
    const address = server.issueAddress();
    const { session } = await openPage(address);
    const hello = { kind: session.kind, id: session.id, nonce: randomWord() };
    const proveOnce = async (replayed?: string) => {
      const socket = await dialAsPage(address);
      const end = all(socket);
      socket.send(JSON.stringify(hello));
      const [data] = (await once(socket, 'message')) as [Buffer];
      const { nonce } = JSON.parse(String(data)) as { nonce: string };
      const proof = replayed ?? (await proofOf(session, 'page', { server: nonce, page: hello.nonce }));
      socket.send(JSON.stringify({ proof }));
      if (replayed === undefined) {
        await once(socket, 'message');
        socket.close();
      }
      return { proof, end: await end };
    };
    const first = await proveOnce();
    expect((await proveOnce(first.proof)).end).toMatchObject({ code: 4401, came: [{}] });
  });

  test('is had by the user beside 300 connections that say nothing, and outlasts them', async () => {
    const page = await openPage(server.issueAddress());
    const silent = Array.from({ length: 300 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
    const isClosed = (socket: Socket) => socket.closed;
    await vi.waitUntil(() => silent.filter(isClosed).length >= 300 - 256);
    expect((await ask({ port: server.port, path: base, headers: ours() })).status).toBe(200);
    expect(silent.filter(isClosed).length).toBeLessThan(60);
    expect(page.socket.readyState).toBe(WebSocket.OPEN);
    for (const socket of silent) socket.destroy();
    page.socket.close();
  });

  test('ends when a page sends 4 KiB or waits before its proof; no more than 16 do so at once', async () => {
    const address = server.issueAddress();
    const long = await dialAsPage(address);
    const longEnd = closeCode(long);
    long.send(JSON.stringify({ kind: 'address', id: 'x'.repeat(5_000), nonce: randomWord() }));
    expect(await longEnd).toBe(1006);
    const waiting = await Promise.all(Array.from({ length: 16 }, () => dialAsPage(address)));
    await expect(dialAsPage(address)).rejects.toThrow('503');
    const ends = Promise.all(waiting.map(closeCode));
    clock.pass(1);
    expect(new Set(await ends)).toEqual(new Set([1006]));
    expect(await attempt(address)).toBe('opened');
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
