import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Gateway, openGateway, type Refusal } from '../../../main/agent/tunnels/gateway.ts';
import { answerHttpConnect } from '../../../main/agent/tunnels/http-connect.ts';
import { type Peers, uncheckedPeers } from '../../../main/agent/tunnels/peers/peers.ts';
import { createUnproven } from '../../../main/agent/tunnels/unproven.ts';
import { AppError } from '../../../main/model/app-error.ts';

const run = promisify(execFile);
const credentials = { user: 'k8s-tunnels', password: 'S3cretOfTheGateway' };
const target = { host: 'api.cluster.example', port: 443 };

let gateway: Gateway;
let troubles: unknown[];
let refusals: Refusal[];
let clients: net.Socket[] = [];
const cleanups: (() => void)[] = [];

afterEach(async () => {
  for (const client of clients) client.destroy();
  clients = [];
  for (const cleanup of cleanups.splice(0)) cleanup();
  await gateway.close();
});

const parts = {
  credentials,
  target,
  peers: uncheckedPeers,
  unproven: createUnproven(),
  dial: async () => echo(),
  onTrouble: () => {},
  onRefused: async () => {},
};

/** A remote that sends everything back. */
function echo(): Duplex {
  const [ours, theirs] = duplexPair();
  theirs.pipe(theirs);
  return ours;
}

async function start(
  dial: (signal: AbortSignal) => Promise<Duplex> = async () => echo(),
  to: typeof target = target,
  peers: Peers = uncheckedPeers,
  settle?: Parameters<typeof openGateway>[0]['settle'],
): Promise<void> {
  troubles = [];
  refusals = [];
  gateway = await openGateway({
    ...parts,
    port: 0,
    target: to,
    peers,
    dial,
    onTrouble: (error) => troubles.push(error),
    onRefused: async (refusal) => void refusals.push(refusal),
    ...(settle === undefined ? {} : { settle }),
  });
}

async function connect(): Promise<net.Socket> {
  const client = net.connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(client);
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

/** Exactly `size` bytes, fewer only where the connection ended. */
function read(client: net.Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    // One listener that stays: a new one would at once be called again for what is there already.
    const look = () => {
      const bytes = client.read(size) as Buffer | null;
      if (bytes === null && !client.readableEnded && !client.destroyed) return;
      for (const name of ['readable', 'end', 'close']) client.off(name, look);
      resolve(bytes ?? Buffer.alloc(0));
    };
    for (const name of ['readable', 'end', 'close']) client.on(name, look);
    look();
  });
}

const greeting = Buffer.from([5, 2, 0, 2]);
const auth = ({ user, password }: typeof credentials) =>
  Buffer.concat([
    Buffer.from([1, user.length]),
    Buffer.from(user),
    Buffer.of(password.length),
    Buffer.from(password),
  ]);
const portBytes = (port: number) => Buffer.from([port >> 8, port & 255]);
const request = ({ host, port }: typeof target, command = 1) =>
  Buffer.concat([Buffer.from([5, command, 0, 3, host.length]), Buffer.from(host), portBytes(port)]);
const basic = ({ user, password }: typeof credentials) =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
const connectRequest = (authority: string, headers: string) =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`;

/** Sends everything and reads to the end. */
async function ask(...pieces: readonly (Buffer | string)[]): Promise<Buffer> {
  const client = await connect();
  for (const piece of pieces) client.write(piece);
  const answer = await buffer(client);
  client.end();
  await once(client, 'close');
  return answer;
}

/** No connection and no file descriptor is left at the gateway. */
const isEmpty = () => vi.waitFor(() => expect(gateway.traffic().connections).toBe(0));

describe('SOCKS5', () => {
  it('lets a client with the password through', async () => {
    await start();
    const client = await connect();
    client.write(greeting);
    expect([...(await read(client, 2))]).toEqual([5, 2]);
    client.write(auth(credentials));
    expect([...(await read(client, 2))]).toEqual([1, 0]);
    client.write(request(target));
    expect([...(await read(client, 10))].slice(0, 4)).toEqual([5, 0, 0, 1]);
    client.write('hello');
    expect(String(await read(client, 5))).toBe('hello');
    expect(gateway.traffic()).toEqual({ connections: 1, sent: 5, received: 5 });
  });

  it('counts what was sent before the connection was settled', async () => {
    await start(undefined, target, uncheckedPeers, async (remote, _client, sent) => {
      sent(7);
      return remote;
    });
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await read(client, 14);
    client.write('hello');
    expect(String(await read(client, 5))).toBe('hello');
    expect(gateway.traffic()).toEqual({ connections: 1, sent: 12, received: 5 });
  });

  it.each([
    ['all at once', (bytes: Buffer) => [bytes]],
    ['byte by byte', (bytes: Buffer) => [...bytes].map((byte) => Buffer.of(byte))],
  ])('takes greeting, password, request and data %s', async (_, cut) => {
    await start();
    const client = await connect();
    client.setNoDelay();
    const all = Buffer.concat([greeting, auth(credentials), request(target), Buffer.from('early data')]);
    for (const piece of cut(all)) {
      client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...(await read(client, 14))].slice(0, 8)).toEqual([5, 2, 1, 0, 5, 0, 0, 1]);
    expect(String(await read(client, 10))).toBe('early data');
  });

  it.each([
    ['a wrong password', { ...credentials, password: 'S3cretOfTheGatewaX' }],
    ['a wrong user', { ...credentials, user: 'somebody' }],
    ['an empty password', { ...credentials, password: '' }],
    ['nothing at all', { user: '', password: '' }],
  ])('refuses %s', async (_, given) => {
    const dial = vi.fn(async () => echo());
    await start(dial);
    expect([...(await ask(greeting, auth(given), request(target)))]).toEqual([5, 2, 1, 1]);
    expect(dial).not.toHaveBeenCalled();
    await isEmpty();
  });

  it.each([
    ['no method', Buffer.from([5, 0])],
    ['only "no password"', Buffer.from([5, 1, 0])],
  ])('refuses a client that offers %s', async (_, bytes) => {
    await start();
    expect([...(await ask(bytes))]).toEqual([5, 255]);
    await isEmpty();
  });

  it.each([
    ['another host', request({ host: 'example.com', port: 443 }), 2],
    ['another port', request({ ...target, port: 22 }), 2],
    ['a listening port', request(target, 2), 7],
    ['another port of an address', Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, 0, 22]), 2],
    ['an unknown kind of address', Buffer.from([5, 1, 0, 9, 1, 2, 3, 4, 1, 187]), 2],
  ])('refuses %s', async (_, bytes, code) => {
    const dial = vi.fn(async () => echo());
    await start(dial);
    expect([...(await ask(greeting, auth(credentials), bytes))].slice(4, 6)).toEqual([5, code]);
    expect(dial).not.toHaveBeenCalled();
    await isEmpty();
  });

  it.each([
    ['IPv4', { host: '10.0.0.1', port: 6443 }, Buffer.from([5, 1, 0, 1, 10, 0, 0, 1, ...portBytes(6443)])],
    [
      'IPv6',
      { host: 'fd00::1', port: 6443 },
      Buffer.from([5, 1, 0, 4, 0xfd, ...Array(14).fill(0), 1, ...portBytes(6443)]),
    ],
    [
      'the address that a client found for its name',
      target,
      Buffer.from([5, 1, 0, 1, 203, 0, 113, 7, 1, 187]),
    ],
    ['a name in capitals', target, request({ ...target, host: 'API.Cluster.Example' })],
  ])('knows its target as %s', async (_, to, bytes) => {
    await start(async () => echo(), to);
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), bytes]));
    expect([...(await read(client, 14))].slice(4, 6)).toEqual([5, 0]);
  });

  it.each([
    [new AppError('origin-failed', 'down'), 5],
    [new AppError('access-login-needed', 'ended'), 2],
    [new AppError('network-unreachable', 'away'), 4],
    [new Error('whatever'), 1],
  ])('says why the tunnel failed: %s', async (error, code) => {
    await start(() => Promise.reject(error));
    expect([...(await ask(greeting, auth(credentials), request(target)))].slice(4, 6)).toEqual([5, code]);
    expect(troubles).toEqual([error]);
    await isEmpty();
  });
});

describe('HTTP CONNECT', () => {
  const authority = `${target.host}:${target.port}`;

  it('lets a client with the password through, early data too', async () => {
    await start();
    const client = await connect();
    client.write(`${connectRequest(authority, basic(credentials))}early`);
    const wanted = 'HTTP/1.1 200 Connection established\r\n\r\nearly';
    expect(String(await read(client, wanted.length))).toBe(wanted);
  });

  it.each(['203.0.113.7:443', '[2001:db8::7]:443'])('knows its target as %s', async (address) => {
    await start();
    const wanted = 'HTTP/1.1 200 Connection established\r\n\r\n';
    const client = await connect();
    client.write(connectRequest(address, basic(credentials)));
    expect(String(await read(client, wanted.length))).toBe(wanted);
  });

  it('takes its head byte by byte', async () => {
    await start();
    const client = await connect();
    client.setNoDelay();
    for (const byte of Buffer.from(`${connectRequest(authority, basic(credentials))}early`)) {
      client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const wanted = 'HTTP/1.1 200 Connection established\r\n\r\nearly';
    expect(String(await read(client, wanted.length))).toBe(wanted);
  });

  it.each([
    ['no password', connectRequest(authority, ''), '407 '],
    ['a wrong password', connectRequest(authority, basic({ ...credentials, password: 'x' })), '407 '],
    ['an unknown scheme', connectRequest(authority, 'Proxy-Authorization: Bearer x\r\n'), '407 '],
    ['another host', connectRequest('example.com:443', basic(credentials)), '403 '],
    ['another port', connectRequest(`${target.host}:80`, basic(credentials)), '403 '],
    ['another port of an address', connectRequest('203.0.113.7:80', basic(credentials)), '403 '],
    ['no port', connectRequest(target.host, basic(credentials)), '405 '],
    ['a plain request', `GET http://${target.host}/ HTTP/1.1\r\n${basic(credentials)}\r\n`, '405 '],
    ['garbage', `${'\u0001garbage'.repeat(10)}\r\n\r\n`, '405 '],
  ])('refuses %s', async (_, bytes, status) => {
    const dial = vi.fn(async () => echo());
    await start(dial);
    const answer = String(await ask(bytes));
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(answer).not.toContain(credentials.password);
    expect(dial).not.toHaveBeenCalled();
    await isEmpty();
  });

  it('hangs up on a head without end', async () => {
    await start();
    expect(await ask(`CONNECT ${'x'.repeat(20_000)}`)).toHaveLength(0);
    await isEmpty();
  });

  it('reads a head of 16 KiB to its end, however it is cut into pieces', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    await start();
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    clients.push(client);
    const [accepted] = (await once(server, 'connection')) as [net.Socket];
    cleanups.push(() => accepted.destroy());
    const admitted = answerHttpConnect(accepted, {
      credentials,
      target,
      onWrongPassword: async () => {},
      onNoPassword: () => {},
    });
    client.write(connectRequest(authority, `X-Long: ${'x'.repeat(20_000)}`).slice(0, 16 * 1024));
    await vi.waitFor(() => expect([accepted.bytesRead, accepted.readableLength]).toEqual([16 * 1024, 0]));
    client.write(`\r\n${basic(credentials)}\r\n`);
    (await admitted)?.accept();
    expect(String(await read(client, 12))).toBe('HTTP/1.1 200');
  });

  it('says in words why the tunnel failed', async () => {
    await start(() => Promise.reject(new AppError('origin-failed', 'It is down.', { hint: 'Ask Ada.' })));
    const answer = String(await ask(connectRequest(authority, basic(credentials))));
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*It is down\. Ask Ada\.\n$/s);
  });

  it('serves curl with both protocols, and curl tells a wrong password', async () => {
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const dial = async () => net.connect(port, '127.0.0.1');
    await start(dial, { host: target.host, port: 80 });
    const curl = (scheme: string, password: string) =>
      run('curl', [
        ...[
          '-sS',
          '--proxytunnel',
          '-x',
          `${scheme}://${credentials.user}:${password}@127.0.0.1:${gateway.port}`,
        ],
        `http://${target.host}/`,
      ]);
    expect((await curl('socks5h', credentials.password)).stdout).toBe('ok');
    expect((await curl('http', credentials.password)).stdout).toBe('ok');
    await expect(curl('socks5h', 'wrong')).rejects.toThrow(/User was rejected/);
    await expect(curl('http', 'wrong')).rejects.toThrow(/407/);
  });
});

describe('clients', () => {
  const other = { kind: 'other', id: '1001', account: async () => 'mallory' } as const;
  const own = { kind: 'own', process: async () => undefined } as const;
  const peers = (peerOf: Peers['peerOf']): Peers => ({ ...uncheckedPeers, isChecked: true, peerOf });
  /** How many bytes come back before the connection ends, which may be while it is still being made. */
  const answerTo = async (bytes: Buffer): Promise<number> => {
    const client = net.connect({ port: gateway.port, host: '127.0.0.1' });
    clients.push(client);
    let received = 0;
    client.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.on('error', () => {});
    client.write(bytes);
    await new Promise((resolve) => client.once('close', resolve));
    return received;
  };
  const asks = [
    ['SOCKS5', Buffer.concat([greeting, auth(credentials), request(target)])],
    ['HTTP CONNECT', Buffer.from(connectRequest(`${target.host}:${target.port}`, basic(credentials)))],
  ] as const;

  it.each(asks)('of another account get no byte of an answer to %s', async (_, bytes) => {
    const dial = vi.fn(async () => echo());
    await start(
      dial,
      target,
      peers(async () => other),
    );
    expect(await answerTo(bytes)).toBe(0);
    expect(dial).not.toHaveBeenCalled();
    expect(refusals).toEqual([{ reason: 'account', peer: other }]);
    await isEmpty();
  });

  it.each(asks)('that are in no table get none either: %s', async (_, bytes) => {
    await start(
      undefined,
      target,
      peers(async () => undefined),
    );
    expect(await answerTo(bytes)).toBe(0);
    expect(refusals).toEqual([]);
    await isEmpty();
  });

  it.each(asks)('of this account wait for the check and are answered: %s', async (_, bytes) => {
    const asked: unknown[] = [];
    const gate = Promise.withResolvers<void>();
    await start(
      undefined,
      target,
      peers(async (connection) => {
        asked.push(connection);
        await gate.promise;
        return own;
      }),
    );
    const client = await connect();
    client.write(bytes);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(asked).toEqual([{ address: '127.0.0.1', clientPort: client.localPort, port: gateway.port }]);
    expect(client.readableLength).toBe(0);
    gate.resolve();
    expect((await read(client, 14)).length).toBe(14);
  });

  it('with a wrong password are reported before they are answered, those without one are not', async () => {
    await start(
      undefined,
      target,
      peers(async () => own),
    );
    const wrong = { ...credentials, password: 'x' };
    await ask(greeting, auth(wrong));
    await ask(connectRequest('a:1', basic(wrong)));
    expect(refusals).toEqual([
      { reason: 'password', peer: own },
      { reason: 'password', peer: own },
    ]);
    await ask(connectRequest('a:1', ''));
    await ask(Buffer.from([5, 1, 0]));
    expect(refusals).toHaveLength(2);
  });

  it.each([
    ['CONNECT', connectRequest('a:1', '')],
    ['SOCKS5', Buffer.from([5, 1, 0])],
  ])('that send no password by %s are reported unless one with a password follows', async (_, bytes) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    cleanups.push(() => vi.useRealTimers());
    await start();
    await ask(bytes);
    vi.advanceTimersByTime(9_000);
    expect(refusals).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(refusals).toEqual([{ reason: 'form', peer: undefined }]);
    await ask(bytes);
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await read(client, 14);
    vi.advanceTimersByTime(11_000);
    expect(refusals).toHaveLength(1);
  });

  it('that speak TLS are turned away at once', async () => {
    // No timer fires: it is not the limit of the handshake that ends it.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    cleanups.push(() => vi.useRealTimers());
    await start();
    const client = await connect();
    client.write(Buffer.from('16030102000100', 'hex'));
    expect(await buffer(client).catch(() => Buffer.alloc(0))).toHaveLength(0);
    expect(refusals).toEqual([{ reason: 'tls', peer: undefined }]);
  });

  it('prove themselves by the password that counts when they come', async () => {
    let password = credentials.password;
    troubles = [];
    gateway = await openGateway({
      ...parts,
      port: 0,
      get credentials() {
        return { ...credentials, password };
      },
    });
    password = 'Another';
    expect([...(await ask(greeting, auth(credentials)))]).toEqual([5, 2, 1, 1]);
    const client = await connect();
    client.write(Buffer.concat([greeting, auth({ ...credentials, password }), request(target)]));
    expect([...(await read(client, 4))]).toEqual([5, 2, 1, 0]);
  });

  it('are not connected while the port is closed to clients, although they have the password', async () => {
    const reason = new AppError('production-read-only', 'prod opens read-only.', {
      hint: 'Connect it again.',
    });
    let isClosed = true;
    const failed: unknown[] = [];
    let dials = 0;
    const { promise: dialing, resolve: dialed } = Promise.withResolvers<Duplex>();
    gateway = await openGateway({
      ...parts,
      port: 0,
      closedBy: () => (isClosed ? reason : undefined),
      onFailed: async ({ error }) => void failed.push(error),
      dial: () => {
        dials += 1;
        return dialing;
      },
    });
    expect([...(await ask(greeting, auth(credentials), request(target)))].slice(4, 6)).toEqual([5, 2]);
    const authority = `${target.host}:${target.port}`;
    const answer = await ask(connectRequest(authority, basic(credentials)));
    expect(String(answer)).toContain('prod opens read-only. Connect it again.');
    expect(failed).toEqual([reason, reason]);
    expect(dials).toBe(0);
    // Closed while the connection is being opened.
    isClosed = false;
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await vi.waitFor(() => expect(dials).toBe(1));
    isClosed = true;
    dialed(echo());
    expect([...(await buffer(client).catch(() => Buffer.alloc(0)))].slice(4)).toEqual([]);
  });

  it('that prove nothing are capped: the longest-waiting one goes, a proven one stays', async () => {
    const unproven = createUnproven({ perPort: 3, total: 100 });
    troubles = [];
    gateway = await openGateway({ ...parts, port: 0, unproven });
    const proven = await connect();
    proven.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await read(proven, 14);
    const idle: net.Socket[] = [];
    for (let at = 0; at < 4; at++) {
      const client = await connect();
      idle.push(client);
      client.write(greeting);
      await read(client, 2);
    }
    for (const client of idle) client.resume();
    await vi.waitFor(() =>
      expect(idle.map(({ destroyed }) => destroyed)).toEqual([true, false, false, false]),
    );
    proven.write('hello');
    expect(String(await read(proven, 5))).toBe('hello');
  });
});

describe('connections', () => {
  const open = async () => {
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await read(client, 14);
    return client;
  };

  it('aborts the dial when the client goes away meanwhile', async () => {
    let aborted = false;
    const dialing = Promise.withResolvers<void>();
    await start(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new AppError('cancelled', 'Cancelled.'));
          });
          dialing.resolve();
        }),
    );
    const client = await connect();
    client.write(Buffer.concat([greeting, auth(credentials), request(target)]));
    await dialing.promise;
    client.end();
    await vi.waitFor(() => expect(aborted).toBe(true));
    expect(troubles).toEqual([]);
    client.resume();
    await isEmpty();
  });

  it('gives a slow client everything that came before the remote failed', async () => {
    const bytes = randomBytes(3 << 20);
    const [ours, theirs] = duplexPair({ highWaterMark: 8 << 20 });
    await start(async () => ours);
    const client = await open();
    theirs.write(bytes);
    await vi.waitFor(() => expect(gateway.traffic().received).toBeGreaterThan(0));
    ours.destroy(new AppError('edge-failed', 'The connection to the edge was dropped.', { retryable: true }));
    await vi.waitFor(() => expect(troubles).toMatchObject([{ code: 'edge-failed' }]));
    const passed = gateway.traffic().received;
    expect((await buffer(client)).equals(bytes.subarray(0, passed))).toBe(true);
    client.end();
    await isEmpty();
  });

  it('ends the client when the remote ends, and the remote when the client ends', async () => {
    const remotes: Duplex[] = [];
    await start(async () => {
      const [ours, theirs] = duplexPair();
      remotes.push(theirs);
      return ours;
    });
    const first = await open();
    remotes[0]?.end('bye');
    expect(String(await buffer(first))).toBe('bye');
    first.end();
    const second = await open();
    second.end('done');
    expect(String(await buffer(remotes[1] ?? echo()))).toBe('done');
    remotes[1]?.end();
    second.resume();
    await isEmpty();
    expect(troubles).toEqual([]);
  });

  it('does not hold what a slow client has not read', async () => {
    const [ours, theirs] = duplexPair();
    await start(async () => ours);
    await open();
    let taken = 0;
    const feed = () => {
      while (taken < 64 << 20 && theirs.write(Buffer.alloc(64 << 10))) taken += 64 << 10;
    };
    theirs.on('drain', feed);
    feed();
    let last = -1;
    while (last !== taken) {
      last = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken).toBeLessThan(32 << 20);
  });

  it('hangs up on a client that does not finish its handshake', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    cleanups.push(() => vi.useRealTimers());
    await start();
    const idle = await connect();
    const slow = await connect();
    slow.write(greeting);
    await read(slow, 2);
    slow.write(Buffer.of(1));
    while (gateway.traffic().connections < 2) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(9_000);
    expect([idle.destroyed, slow.destroyed]).toEqual([false, false]);
    const ends = [idle, slow].map(
      (client) => new Promise((resolve) => client.resume().once('end', resolve).once('close', resolve)),
    );
    vi.advanceTimersByTime(2_000);
    await Promise.all(ends);
  });

  it('leaves no timer behind a client that has come and gone', async () => {
    await start();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    for (let round = 0; round < 20; round++) {
      const client = await connect();
      client.end(round % 2 === 0 ? Buffer.from([5]) : 'CONN');
      client.resume();
      await once(client, 'close');
    }
    await isEmpty();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(
      before,
    );
  });

  it('rejects with port-busy where the port is taken', async () => {
    await start();
    await expect(openGateway({ ...parts, port: gateway.port })).rejects.toMatchObject({ code: 'port-busy' });
  });

  it.each(['EMFILE', 'EACCES', 'ENOMEM'])('rejects with port-failed on %s', async (code) => {
    await start();
    const listen = vi.spyOn(net.Server.prototype, 'listen').mockImplementation(function (this: net.Server) {
      setImmediate(() => this.emit('error', Object.assign(new Error(code), { code })));
      return this;
    });
    cleanups.push(() => listen.mockRestore());
    await expect(openGateway({ ...parts, port: 20_000 })).rejects.toMatchObject({
      code: 'port-failed',
      message: expect.stringContaining(code),
      hint: expect.any(String),
      retryable: code !== 'EACCES',
    });
  });

  it('closing ends open connections and frees the port', async () => {
    const [ours, theirs] = duplexPair();
    await start(async () => ours);
    const client = await open();
    const half = await connect();
    const ended = [client, half].map((socket) => {
      socket.once('end', () => socket.end());
      return new Promise((resolve) => socket.resume().once('close', resolve));
    });
    const { port } = gateway;
    await gateway.close();
    await Promise.all(ended);
    theirs.resume();
    await vi.waitFor(() => expect(ours.destroyed).toBe(true));
    gateway = await openGateway({ ...parts, port });
    expect(gateway.port).toBe(port);
  });
});
