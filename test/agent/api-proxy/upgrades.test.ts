import { once } from 'node:events';
import type tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ProxyRig, startProxyRig, startServer } from './rig.ts';

let rig: ProxyRig;
let server: Awaited<ReturnType<typeof startServer>>;
/** The heads of the requests that came, and the connections on which they came. */
let heads: string[];
let ends: tls.TLSSocket[];

beforeEach(async () => {
  rig = await startProxyRig();
  heads = [];
  ends = [];
});
afterEach(async () => {
  await rig.close();
  await server.close();
});

/** A server that reads the head of a request, answers with `answer`, and leaves the rest of the connection to `then`. */
async function start(
  answer: (head: string) => string,
  then: (socket: tls.TLSSocket) => void = (one) => one.pipe(one),
) {
  server = await startServer(
    rig.authority,
    (socket) => {
      ends.push(socket);
      let head = Buffer.alloc(0);
      const read = (chunk: Buffer) => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', read).pause();
        heads.push(String(head.subarray(0, end)));
        if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
        socket.write(answer(heads.at(-1) ?? ''));
        then(socket);
      };
      socket.on('data', read);
    },
    { ALPNProtocols: ['h2', 'http/1.1'] },
  );
  rig.target = server.port;
}

const switching = (protocol: string) => () =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`;

async function ask(headers: string, early = ''): Promise<tls.TLSSocket> {
  const socket = await rig.connect();
  const { secret } = await rig.endpoint();
  socket.write(
    `GET /api/v1/namespaces/a/pods/b/exec?command=sh HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n${headers}\r\n${early}`,
  );
  return socket;
}

/** What comes up to and with `until`. */
async function read(socket: tls.TLSSocket, until: string): Promise<string> {
  let all = '';
  while (!all.includes(until)) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) all += chunk.toString('latin1');
    else if (socket.readableEnded || socket.destroyed) return all;
    else await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
  return all;
}

describe.each(['SPDY/3.1', 'websocket'])('a connection that switches to %s', (protocol) => {
  const wanted = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;

  it('passes bytes on in both directions, those that were sent early too', async () => {
    await start(switching(protocol));
    const socket = await ask(`${wanted}X-Stream-Protocol-Version: v4.channel.k8s.io\r\n`, 'early ');
    const answer = await read(socket, 'early ');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain(`Upgrade: ${protocol}\r\n`);
    expect(answer).toContain('X-Stream-Protocol-Version: v4.channel.k8s.io\r\n');
    socket.write('later.');
    expect(await read(socket, '.')).toBe('later.');
    expect(heads[0]).toContain('Authorization: Bearer users-own');
    expect(heads[0]).toContain(`Upgrade: ${protocol}`);
    expect(heads[0]).not.toContain((await rig.endpoint()).secret);
  });

  it.each([
    ['with its answer', (text: string) => text, () => {}],
    [
      'right after it',
      () => '',
      (socket: tls.TLSSocket, text: string) => void setImmediate(() => socket.write(text)),
    ],
    [
      'later',
      () => '',
      (socket: tls.TLSSocket, text: string) => void setTimeout(() => socket.write(text), 30),
    ],
  ])('passes on what the server sends %s, before the client sends anything', async (_, before, after) => {
    await start(
      () => `${switching(protocol)()}${before('greeting')}`,
      (socket) => after(socket, 'greeting'),
    );
    const socket = await ask(wanted);
    expect(await read(socket, 'greeting')).toContain('\r\n\r\ngreeting');
  });

  it('may end in one direction and go on in the other', async () => {
    await start(switching(protocol), (end) => {
      end.once('end', () => end.end('after the end.'));
      end.resume();
    });
    const socket = await ask(wanted);
    await read(socket, '\r\n\r\n');
    socket.end('done');
    expect(await read(socket, '.')).toBe('after the end.');
  });

  it('holds the sender back while the receiver does not read', async () => {
    await start(switching(protocol), () => {});
    const socket = await ask(wanted);
    await read(socket, '\r\n\r\n');
    const chunk = Buffer.alloc(1 << 20);
    let sent = 0;
    const fill = () => {
      while (sent < 32) {
        sent += 1;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', fill);
    fill();
    // It stops long before everything is on its way, and goes on when the receiver reads.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = socket.bytesWritten;
        const isStill = now === before;
        before = now;
        expect(isStill && socket.writableNeedDrain).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(sent).toBeLessThan(28);
    ends[0]?.resume();
    await vi.waitFor(() => expect(sent).toBe(32), { timeout: 20_000 });
  });

  it.each(['client', 'server'] as const)('is closed on both sides when the %s dies', async (dies) => {
    await start(switching(protocol));
    const socket = await ask(wanted);
    await read(socket, '\r\n\r\n');
    const [end] = ends;
    const over = (one: tls.TLSSocket) => Promise.race([once(one, 'end'), once(one, 'close')]);
    const closed = Promise.all([over(socket), over(end as tls.TLSSocket)]);
    socket.resume();
    socket.once('end', () => socket.end());
    if (dies === 'client') socket.destroy();
    else end?.destroy();
    await closed;
    await vi.waitFor(() => expect(rig.dialed.every((stream) => stream.destroyed)).toBe(true));
  });
});

it('a server that does not switch answers, and its connection is closed', async () => {
  await start(
    () => 'HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    () => {},
  );
  const socket = await ask('Connection: Upgrade\r\nUpgrade: websocket\r\n');
  expect(await read(socket, '{}')).toMatch(/^HTTP\/1\.1 403 /);
  socket.resume();
  await once(socket, 'end');
  await vi.waitFor(() => expect(rig.dialed.every((stream) => stream.destroyed)).toBe(true));
});

it.each([
  ['another protocol than was asked for', switching('h2c')],
  ['a second one', switching('websocket, h2c')],
])('a server that switches to %s gets nothing more', async (_, answer) => {
  await start(answer);
  const socket = await ask('Connection: Upgrade\r\nUpgrade: websocket\r\n', 'secret bytes');
  expect(await read(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 503 /);
});

it.each([
  [
    'HTTP/2 without TLS',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
  ],
  ['two protocols', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n'],
  ['a body', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n'],
  ['a body in chunks', 'Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n'],
])('an upgrade with %s is refused before anything is dialled', async (_, headers) => {
  await start(switching('websocket'));
  const socket = await ask(headers);
  expect(await read(socket, '}\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"reason":"BadRequest"/);
  expect(rig.dialed).toEqual([]);
});

it('an upgrade without the secret is answered 401', async () => {
  await start(switching('websocket'));
  const socket = await rig.connect();
  socket.write('GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await read(socket, '}\n')).toMatch(/^HTTP\/1\.1 401 [\s\S]*"kind":"Status"/);
  expect(rig.dialed).toEqual([]);
});
