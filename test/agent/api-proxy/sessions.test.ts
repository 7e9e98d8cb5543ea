import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import type tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../main/model/app-error.ts';
import { type ProxyRig, startProxyRig, startServer } from './rig.ts';

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

const secretOf = async () => (await rig.place()).secret;
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
    const before = await rig.place();
    await rig.restart();
    expect(await rig.place()).toEqual(before);
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
    const file = await rig.proxies.forFile(rig.cluster);
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
