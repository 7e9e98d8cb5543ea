import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../main/model/app-error.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { type ProxyRig, startProxyRig, startServer, token } from './rig.ts';

const hour = 3_600_000;
let rig: ProxyRig;
let server: Awaited<ReturnType<typeof startServer>>;

beforeEach(async () => {
  rig = await startProxyRig();
  const api = http.createServer((request, response) => {
    if (request.url === '/watch') response.write('begun');
    else response.end('ok');
  });
  server = await startServer(rig.authority, (socket) => api.emit('connection', socket));
  rig.target = server.port;
});
afterEach(async () => {
  await rig.close();
  await server.close();
});

async function get(
  secret: string,
  path = '/version',
): Promise<{ readonly status: number; readonly body: string }> {
  const socket = await rig.connect();
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` };
    http
      .get({ createConnection: () => socket, path, headers }, async (response) =>
        resolve({ status: response.statusCode ?? 0, body: await text(response) }),
      )
      .on('error', reject);
  });
}

const ended = (stream: tls.TLSSocket) => Promise.race([once(stream, 'end'), once(stream, 'close')]);

/** A watch that has begun. */
async function watching(secret: string): Promise<tls.TLSSocket> {
  const socket = await rig.connect();
  socket.write(`GET /watch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  let all = '';
  socket.on('data', (chunk: Buffer) => (all += chunk));
  await vi.waitFor(() => expect(all).toContain('begun'));
  return socket;
}

const secretOf = async () => (await rig.endpoint()).secret;
const isTheirs = (id: string) => id === rig.cluster.id;

describe('a secret', () => {
  it('is the same for six hours, then the entry gets another, and both work until the first is twelve hours old', async () => {
    const due = vi.fn();
    rig.proxies.events.on('due', due);
    const first = await secretOf();
    rig.clock.skip(5.9 * hour);
    expect(await secretOf()).toBe(first);
    expect(due).not.toHaveBeenCalled();
    rig.clock.skip(0.2 * hour);
    expect(due).toHaveBeenCalledOnce();
    const second = await secretOf();
    expect(second).not.toBe(first);
    expect((await get(first)).status).toBe(200);
    expect((await get(second)).status).toBe(200);
    const stream = await watching(first);
    const other = await watching(second);
    rig.clock.skip(6 * hour);
    await ended(stream);
    expect((await get(first)).status).toBe(401);
    expect((await get(second)).status).toBe(200);
    expect(other.destroyed).toBe(false);
  });

  it('does not live longer because the clock was set back', async () => {
    const secret = await secretOf();
    rig.clock.skip(-13 * hour);
    expect((await get(secret)).status).toBe(401);
  });

  it('outlives a restart of the agent, and so does the certificate authority', async () => {
    const before = await rig.endpoint();
    await rig.restart();
    expect(await rig.endpoint()).toEqual(before);
    expect((await get(before.secret)).status).toBe(200);
  });

  it('that has ended stays ended after a restart, and its client is told what to do', async () => {
    const secret = await secretOf();
    await rig.proxies.end(isTheirs);
    await rig.restart();
    const { status, body } = await get(secret);
    expect(status).toBe(401);
    expect(JSON.parse(body).message).toMatch(/session of this token has ended\. Run `k8s-tunnels connect/);
    // It is no attack.
    expect(rig.refusals).toEqual([]);
  });

  it('of a separate file is another one, and is not stored', async () => {
    const entry = await secretOf();
    const file = await rig.proxies.forFile(rig.cluster, {
      file: '/home/ada/python.yaml',
      isContainers: false,
    });
    expect(file.secret).not.toBe(entry);
    expect((await get(file.secret)).status).toBe(200);
    await rig.restart();
    await rig.proxies.standBy();
    expect((await get(file.secret)).status).toBe(200);
    await rig.proxies.release([rig.cluster.id]);
    expect((await get(file.secret)).status).toBe(200);
    expect((await get(entry)).status).toBe(401);
  });
});

describe('a separate file', () => {
  const at = { file: '/home/ada/python.yaml', isContainers: false };

  it('is listed with its end and the traffic of its port, until it is ended', async () => {
    const { secret, port, until } = await rig.proxies.forFile(rig.cluster, at);
    const other = await rig.proxies.forFile(rig.cluster, { ...at, file: '/home/ada/java.yaml' });
    expect((await get(secret)).status).toBe(200);
    const [listed, ...others] = rig.proxies.list();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ cluster: rig.cluster.id, port });
    expect(listed?.files.map(({ file }) => file)).toEqual([at.file, '/home/ada/java.yaml']);
    expect(listed?.files[0]?.until).toBe(until);
    expect(listed?.sent).toBeGreaterThan(0);
    expect(listed?.received).toBeGreaterThan(0);
    expect(rig.proxies.traffic(rig.cluster.id)).toMatchObject({ sent: listed?.sent });

    expect(await rig.proxies.endFile(at.file)).toEqual([rig.cluster.id]);
    expect(await rig.proxies.endFile(at.file)).toEqual([]);
    expect((await get(secret)).status).toBe(401);
    expect((await get(other.secret)).status).toBe(200);
    expect(rig.proxies.list()[0]?.files.map(({ file }) => file)).toEqual(['/home/ada/java.yaml']);
  });

  it('of a container has a socket that outlives a restart, and is gone when the file is ended', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-container-'));
    try {
      const file = path.join(folder, 'kubeconfig');
      const { port } = await rig.proxies.forFile(rig.cluster, { file, isContainers: true });
      const socket = path.join(folder, `${port}.sock`);
      const opens = () => once(net.connect(socket), 'connect');
      await opens();
      await rig.restart();
      await expect(opens()).rejects.toMatchObject({ code: 'ENOENT' });
      await rig.proxies.standBy();
      await opens();
      expect(rig.proxies.list()[0]?.files).toMatchObject([{ file, container: true }]);
      await rig.proxies.endFile(file);
      await expect(opens()).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('whose port another program has at the next start is named, with what to do', async () => {
    const { port } = await rig.proxies.forFile(rig.cluster, at);
    await rig.proxies.close();
    const other = net.createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await rig.restart();
      await rig.proxies.standBy();
      expect(rig.notices).toEqual([
        expect.stringMatching(
          new RegExp(
            `^Port ${port} of .* listens on \\d+ now\\. Write these kubeconfigs again: ${at.file}\\.$`,
          ),
        ),
      ]);
    } finally {
      other.close();
    }
  });

  it('of a container names the same port when it is written again, though its own has moved', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-container-'));
    const file = path.join(folder, 'kubeconfig');
    const at = { file, isContainers: true };
    const { port } = await rig.proxies.forFile(rig.cluster, at);
    await rig.proxies.close();
    const other = net.createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await rig.restart();
      await rig.proxies.standBy();
      expect(rig.proxies.list()[0]?.port).not.toBe(port);
      // A relay listens on it, also when the secret has ended.
      await rig.proxies.end(isTheirs);
      expect(await rig.proxies.forFile(rig.cluster, at)).toMatchObject({ port });
      expect(await readdir(folder)).toEqual([`${port}.sock`]);
      await rig.proxies.endFile(file);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      other.close();
      await rm(folder, { recursive: true });
    }
  });

  it('of a container whose secret has ended leaves no socket when it is written without that cluster', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-container-'));
    const file = path.join(folder, 'kubeconfig');
    try {
      await rig.proxies.forFile(rig.cluster, { file, isContainers: true });
      await rig.proxies.end(isTheirs);
      // So that a client is told that it has ended.
      expect(await readdir(folder)).toHaveLength(1);
      await rig.proxies.endFile(file, { except: ['eks/1/eu-west-1/other' as ClusterId] });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('of a container ends with its folder', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-container-'));
    const file = path.join(folder, 'kubeconfig');
    const { secret } = await rig.proxies.forFile(rig.cluster, { file, isContainers: true });
    await rm(folder, { recursive: true });
    await rig.restart();
    await rig.proxies.standBy();
    expect((await get(secret)).status).toBe(401);
  });
});

describe('a sign-out', () => {
  it('ends running streams at once, those to the server too', async () => {
    const secret = await secretOf();
    const stream = await watching(secret);
    const closed = ended(stream);
    await rig.proxies.end(isTheirs);
    await closed;
    await vi.waitFor(() => expect(rig.dialed.every((one) => one.destroyed)).toBe(true));
    expect((await get(secret)).status).toBe(401);
  });

  it('of another provider ends nothing', async () => {
    const secret = await secretOf();
    const stream = await watching(secret);
    await rig.proxies.end(() => false);
    expect((await get(secret)).status).toBe(200);
    expect(stream.destroyed).toBe(false);
  });
});

describe('another user', () => {
  it('is not reached with the secret of the one before', async () => {
    const secret = await secretOf();
    expect((await get(secret)).status).toBe(200);
    rig.owner = 'bob';
    rig.clock.skip(6_000);
    expect((await get(secret)).status).toBe(401);
    const next = await secretOf();
    expect(next).not.toBe(secret);
    expect((await get(next)).status).toBe(200);
  });

  it('who signs in ends it at once; the same user does not', async () => {
    const due = vi.fn();
    rig.proxies.events.on('due', due);
    const secret = await secretOf();
    await rig.proxies.signedIn(isTheirs);
    expect((await get(secret)).status).toBe(200);
    expect(due).toHaveBeenCalledOnce();
    rig.owner = 'bob';
    await rig.proxies.signedIn(isTheirs);
    expect((await get(secret)).status).toBe(401);
  });

  it('cannot be told by every provider: then each sign-in ends it', async () => {
    rig.owner = undefined;
    const secret = await secretOf();
    expect((await get(secret)).status).toBe(200);
    await rig.proxies.signedIn(isTheirs);
    expect((await get(secret)).status).toBe(401);
  });
});

it('a session that is found to have ended ends the secret', async () => {
  const secret = await secretOf();
  const { credential } = rig;
  rig.credential = new AppError('aws-session-expired', 'Expired.', { signIn: { provider: 'aws' } });
  expect((await get(secret)).status).toBe(401);
  rig.credential = credential;
  expect((await get(secret)).status).toBe(401);
  expect((await get(await secretOf())).status).toBe(200);
});

describe('a session that ends while no request comes', () => {
  const expired = () => new AppError('aws-session-expired', 'Expired.', { signIn: { provider: 'aws' } });
  const minute = 60_000;
  const endingIn = (ms: number) => ({ ...token('users-own'), expiresAt: rig.clock.now() + ms }) as const;

  /** The session was looked at, and what follows from that was done. */
  const looked = async (times: number) => {
    await vi.waitFor(() => expect(rig.asked()).toBe(times));
    await new Promise(setImmediate);
  };

  it('ends the streams when the credential that opened them expires', async () => {
    rig.credential = endingIn(15 * minute);
    const secret = await secretOf();
    const stream = await watching(secret);
    const closed = ended(stream);
    rig.credential = expired();
    rig.clock.skip(14 * minute);
    expect(stream.destroyed).toBe(false);
    rig.clock.skip(2 * minute);
    await closed;
    expect((await get(secret)).status).toBe(401);
  });

  it('keeps them while the session goes on, and looks again at the end of the next credential', async () => {
    rig.credential = endingIn(15 * minute);
    const stream = await watching(await secretOf());
    const closed = ended(stream);
    rig.credential = { ...endingIn(15 * minute), expiresAt: rig.clock.now() + 30 * minute };
    rig.clock.skip(16 * minute);
    await looked(2);
    expect(stream.destroyed).toBe(false);
    rig.credential = expired();
    rig.clock.skip(15 * minute);
    await closed;
  });

  it('is found within five minutes where the credential names no end, and not by an error of the network', async () => {
    const stream = await watching(await secretOf());
    const closed = ended(stream);
    rig.credential = new AppError('network-unreachable', 'No network.');
    rig.clock.skip(6 * minute);
    await looked(2);
    expect(stream.destroyed).toBe(false);
    rig.credential = expired();
    rig.clock.skip(6 * minute);
    await closed;
  });

  it('costs nothing while no client is connected', async () => {
    rig.credential = endingIn(15 * minute);
    await get(await secretOf());
    await vi.waitFor(() => expect(rig.proxies.traffic(rig.cluster.id)?.connections).toBe(0));
    rig.clock.skip(60 * minute);
    expect(rig.asked()).toBe(1);
  });
});

it('a tunnel that closes ends the streams, and the port goes on listening while its entry stays', async () => {
  const secret = await secretOf();
  const stream = await watching(secret);
  const closed = ended(stream);
  await rig.proxies.cut(rig.cluster.id, { listening: true });
  await closed;
  expect((await get(secret)).status).toBe(200);
  await rig.proxies.cut(rig.cluster.id, { listening: false });
  expect((await get(secret)).status).toBe(200);
});
