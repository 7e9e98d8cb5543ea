import http from 'node:http';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';
import type tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../main/model/app-error.ts';
import { type ProxyRig, startProxyRig, startServer } from './rig.ts';

// A production cluster that opens read-only, over an API server that records what reaches it.

const minute = 60_000;
const pod = '/api/v1/namespaces/ledger/pods/web';
const reason = 'INC-4711: restart the ledger';

let rig: ProxyRig;
let server: Awaited<ReturnType<typeof startServer>>;
/** The requests that reached the API server. */
let reached: string[];

beforeEach(async () => {
  rig = await startProxyRig();
  rig.cluster = { ...rig.cluster, production: true };
  rig.productionReadOnly = true;
  reached = [];
  const api = http.createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    // What was asked to go on does.
    if (request.url?.includes('watch=true')) response.write('begun');
    else response.end(JSON.stringify({ kind: 'Status', status: 'Success' }));
  });
  api.on('upgrade', (request, socket) => {
    reached.push(`upgrade ${request.url}`);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    socket.on('error', () => {}).pipe(socket);
  });
  server = await startServer(rig.authority, (socket) => api.emit('connection', socket));
  rig.target = server.port;
});
afterEach(async () => {
  await rig.close();
  await server.close();
});

const secretOf = async () => (await rig.endpoint()).secret;

async function ask(
  method: string,
  path: string,
  secret?: string,
): Promise<{ readonly status: number; readonly message: string }> {
  const socket = await rig.connect();
  const headers = { authorization: `Bearer ${secret ?? (await secretOf())}` };
  return new Promise((resolve, reject) => {
    http
      .request({ createConnection: () => socket, method, path, headers }, async (response) => {
        const body = await text(response);
        const { message = '' } = JSON.parse(body === '' ? '{}' : body) as { message?: string };
        resolve({ status: response.statusCode ?? 0, message });
      })
      .on('error', reject)
      .end();
  });
}

/** Begins a request on a connection of its own; resolves when `until` has come back. */
async function begun(path: string, until: string, more = ''): Promise<tls.TLSSocket> {
  const socket = await rig.connect();
  const secret = await secretOf();
  let all = '';
  socket.on('data', (chunk: Buffer) => (all += chunk));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n${more}\r\n`);
  await vi.waitFor(() => expect(all).toContain(until));
  return socket;
}
const exec = () =>
  begun(`${pod}/exec?command=sh`, '101 Switching', 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n');
const closed = (socket: tls.TLSSocket) =>
  vi.waitFor(() => expect(socket.destroyed || socket.readableEnded).toBe(true));

const unlock = (forMs = 30 * minute) =>
  rig.locks.unlock({ cluster: rig.cluster.id, reason, who: 'ada@acme.example' }, forMs);
const lock = () => rig.locks.lock(() => true, 'user');
const expectLocked = async (secret?: string) => {
  const before = reached.length;
  expect((await ask('DELETE', pod, secret)).status).toBe(403);
  expect(reached).toHaveLength(before);
};

describe('a production cluster that opens read-only', () => {
  it('is read, and refuses the rest with the command that unlocks it', async () => {
    expect((await ask('GET', pod)).status).toBe(200);
    expect(reached).toEqual([`GET ${pod}`]);
    const { status, message } = await ask('DELETE', pod);
    expect(status).toBe(403);
    expect(message).toBe(
      `k8s-tunnels: ${rig.cluster.title} is a production cluster, which opens read-only: delete pods is not allowed. To unlock it for a time: k8s-tunnels unlock ${rig.cluster.title} --reason TEXT`,
    );
    const secrets = await ask('GET', '/api/v1/namespaces/ledger/secrets/login');
    expect([secrets.status, secrets.message]).toEqual([403, expect.stringContaining('k8s-tunnels unlock')]);
    await begun(`${pod}/exec?command=sh`, '403 ', 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n');
    expect(reached).toEqual([`GET ${pod}`]);
  });

  it('is none where it is not production, or where nothing says so', async () => {
    rig.productionReadOnly = false;
    expect((await ask('DELETE', pod)).status).toBe(200);
    rig.productionReadOnly = true;
    rig.cluster = { ...rig.cluster, production: false };
    expect((await ask('DELETE', pod)).status).toBe(200);
  });

  it('is written to while it is unlocked, and no longer', async () => {
    await expectLocked();
    unlock();
    expect((await ask('DELETE', pod)).status).toBe(200);
    lock();
    await expectLocked();
  });

  it('is the same for a separate file, unless that only reads', async () => {
    const at = { file: '/home/ada/python.yaml', isContainers: false };
    const full = await rig.proxies.forFile(rig.cluster, at);
    const reading = await rig.proxies.forFile(rig.cluster, {
      ...at,
      file: '/home/ada/ro.yaml',
      readOnly: {},
    });
    await expectLocked(full.secret);
    unlock();
    expect((await ask('DELETE', pod, full.secret)).status).toBe(200);
    const before = reached.length;
    expect(await ask('DELETE', pod, reading.secret)).toMatchObject({
      status: 403,
      message: expect.stringContaining('this kubeconfig is read-only'),
    });
    expect(reached).toHaveLength(before);
  });

  it('ends an exec that began while it was unlocked, and leaves a watch alone', async () => {
    unlock();
    const watch = await begun('/api/v1/pods?watch=true', 'begun');
    const shell = await exec();
    lock();
    await closed(shell);
    expect(watch.destroyed).toBe(false);
    watch.destroy();
  });

  it('ends what shows the data of Secrets, or writes for long', async () => {
    unlock();
    const watch = await begun('/api/v1/secrets?watch=true', 'begun');
    const proxied = await begun(`${pod}/proxy/?watch=true`, 'begun');
    lock();
    await Promise.all([closed(watch), closed(proxied)]);
  });

  it('ends one stream of a connection of HTTP/2, and not the others', async () => {
    unlock();
    const socket = await rig.connect('h2');
    const session = http2.connect('https://x', { createConnection: () => socket });
    const authorization = `Bearer ${await secretOf()}`;
    const open = async (path: string) => {
      const stream = session.request({ ':path': path, authorization });
      let isClosed = false;
      stream
        .on('error', () => {})
        .once('close', () => {
          isClosed = true;
        });
      stream.resume();
      await new Promise((resolve) => stream.once('response', resolve));
      return () => isClosed;
    };
    const reads = await open('/api/v1/pods?watch=true');
    const secrets = await open('/api/v1/secrets?watch=true');
    lock();
    await vi.waitFor(() => expect(secrets()).toBe(true));
    expect(reads()).toBe(false);
    session.destroy();
  });
});

describe('an unlock ends', () => {
  const by = () => rig.lockEvents.map((event) => (event.kind === 'locked' ? event.by : event.kind));

  it('when its time is up, also where a stream is open and nobody asks for anything', async () => {
    unlock(15 * minute);
    const shell = await exec();
    rig.clock.skip(14 * minute);
    expect(rig.locks.isLocked(rig.cluster.id)).toBe(false);
    rig.clock.skip(minute);
    await closed(shell);
    await expectLocked();
    expect(by()).toEqual(['unlocked', 'time']);
    expect(rig.lockEvents[1]).toMatchObject({
      unlock: { cluster: rig.cluster.id, reason, who: 'ada@acme.example' },
    });
  });

  it('when the clock was set back by more than its time', async () => {
    unlock(15 * minute);
    rig.clock.skip(-16 * minute);
    await expectLocked();
  });

  it('with a sign-out, and with a new session', async () => {
    for (const over of [() => rig.proxies.end(() => true), () => rig.proxies.signedIn(() => true)]) {
      await secretOf();
      unlock();
      await over();
      expect(rig.locks.isLocked(rig.cluster.id)).toBe(true);
    }
    expect(by()).toEqual(['unlocked', 'session', 'unlocked', 'session']);
    await expectLocked();
  });

  it('when a request finds that the session is over, or that another user is signed in', async () => {
    const secret = await secretOf();
    unlock();
    rig.credential = new AppError('aws-session-expired', 'Your session has expired.', {
      signIn: { provider: 'aws' },
    });
    expect((await ask('DELETE', pod, secret)).status).toBe(401);
    await vi.waitFor(() => expect(by()).toEqual(['unlocked', 'session']));
    rig.credential = { kind: 'token', token: 'users-own', expiresAt: undefined };
    const next = await secretOf();
    unlock();
    rig.owner = 'eve';
    rig.clock.skip(minute);
    expect((await ask('GET', pod, next)).status).toBe(401);
    await vi.waitFor(() => expect(by().at(-1)).toBe('session'));
  });

  it('with the agent, and where the cluster no longer opens read-only', async () => {
    unlock();
    rig.productionReadOnly = false;
    rig.clock.skip(2_000);
    expect(by()).toEqual(['unlocked', 'rule']);
    rig.productionReadOnly = true;
    await expectLocked();
    unlock();
    rig.locks.close();
    expect(by().at(-1)).toBe('agent');
    expect(rig.locks.list()).toEqual([]);
  });

  it('not with another one of the same cluster, which replaces it', async () => {
    unlock(5 * minute);
    unlock(30 * minute);
    rig.clock.skip(6 * minute);
    expect((await ask('DELETE', pod)).status).toBe(200);
    expect(by()).toEqual(['unlocked', 'unlocked']);
    expect(rig.locks.list()).toMatchObject([{ reason }]);
  });
});
