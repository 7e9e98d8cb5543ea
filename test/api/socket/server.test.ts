import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Served } from '../../../main/api/serve-messages.ts';
import { newNonce, proofOf, protocol } from '../../../main/api/socket/proof.ts';
import { connectionServer } from '../../../main/api/socket/server.ts';

const secret = 'a'.repeat(64);
const clientNonce = '0123456789abcdef'.repeat(2);

let folder: string;
let server: Server;
let accepted: Socket[];
let calls: number;
let clients: Socket[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'socket-'));
  accepted = [];
  calls = 0;
  clients = [];
});
afterEach(async () => {
  for (const socket of [...clients, ...accepted]) socket.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

async function start(limits = { handshakeMs: 60_000, unproven: 1_024 }) {
  const feed = {
    snapshot() {
      calls += 1;
      return {};
    },
    subscribe: () => () => {},
  };
  const served = { handlers: {}, feed } as unknown as Served;
  const serve = connectionServer({ secret, version: '1', served, limits });
  server = createServer((socket) => {
    accepted.push(socket);
    serve(socket);
  }).listen(path.join(folder, 'socket'));
  await once(server, 'listening');
}

/** A connection, the lines that it was sent, and whether it was closed. */
async function open() {
  const socket = connect(path.join(folder, 'socket'));
  clients.push(socket);
  let text = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true;
    });
  await once(socket, 'connect');
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    socket,
    lines,
    isClosed: () => closed,
    send: (...messages: readonly unknown[]) =>
      socket.write(messages.map((message) => `${JSON.stringify(message)}\n`).join('')),
    /** The agent's answer to a greeting. */
    async greet(nonce: unknown = clientNonce) {
      this.send({ hello: 'k8s-tunnels', protocol, nonce });
      await vi.waitFor(() => expect(lines()).toHaveLength(1));
      return lines()[0] as { readonly nonce: string; readonly proof: string };
    },
    refused: () => vi.waitFor(() => expect(closed).toBe(true)),
  };
}
type Opened = Awaited<ReturnType<typeof open>>;

const call = (id: number, text = '') => ({ id, subscribe: true, text });
const proofFor = (nonce: string) => ({ proof: proofOf(secret, 'client', nonce, clientNonce) });

async function prove(client: Opened) {
  const { nonce } = await client.greet();
  client.send(proofFor(nonce));
}
/** The socket on the agent's side of the last connection. */
const far = () => accepted.at(-1) as Socket;

describe('a connection before its proof', () => {
  it('has one attempt, also where the right proof comes together with a wrong one', async () => {
    await start();
    const client = await open();
    const { nonce } = await client.greet();
    client.send({ proof: '0'.repeat(64) }, proofFor(nonce), call(1));
    await client.refused();
    expect(calls).toBe(0);
    expect(client.lines()).toHaveLength(1);
  });

  it.each([
    ['without the end of a line', (size: number) => 'x'.repeat(size)],
    ['in one whole line', (size: number) => `${JSON.stringify({ hello: 'x'.repeat(size) })}\n`],
    ['deep in brackets', (size: number) => `${'['.repeat(size)}\n`],
  ])('may send 64 KiB at most, %s', async (_, text) => {
    await start();
    const client = await open();
    client.socket.write(text(40_000));
    await client.refused();
    expect(far().bytesRead).toBeLessThanOrEqual(2 * 64 * 1024);
    const other = await open();
    await prove(other);
    other.send(call(1));
    await vi.waitFor(() => expect(other.lines()).toHaveLength(2));
  });

  it('may send longer messages once it has proven itself, even together with the proof', async () => {
    await start();
    const client = await open();
    const { nonce } = await client.greet();
    client.send(proofFor(nonce), call(1, 'x'.repeat(1024 * 1024)));
    await vi.waitFor(() => expect(client.lines()).toHaveLength(2));
  });

  it('that sends nothing, or a byte now and then, is closed', async () => {
    await start({ handshakeMs: 500, unproven: 1_024 });
    const [silent, slow, proven] = [await open(), await open(), await open()];
    await prove(proven);
    const drip = setInterval(() => slow.socket.write(' '), 20);
    try {
      await Promise.all([silent.refused(), slow.refused()]);
    } finally {
      clearInterval(drip);
    }
    proven.send(call(1));
    await vi.waitFor(() => expect(proven.lines()).toHaveLength(2));
  });

  it('is closed where too many wait, the oldest first, and none that has proven itself', async () => {
    await start({ handshakeMs: 60_000, unproven: 3 });
    const proven = await open();
    await prove(proven);
    proven.send(call(1));
    await vi.waitFor(() => expect(proven.lines()).toHaveLength(2));
    const waiting: Opened[] = [];
    for (let at = 0; at < 5; at += 1) {
      waiting.push(await open());
      await vi.waitFor(() => expect(accepted).toHaveLength(at + 2));
    }
    await Promise.all(waiting.slice(0, 2).map((one) => one.refused()));
    expect(waiting.slice(2).map((one) => one.isClosed())).toEqual([false, false, false]);
    const next = await open();
    await prove(next);
    next.send(call(2));
    await vi.waitFor(() => expect(next.lines()).toHaveLength(2));
    proven.send(call(3));
    await vi.waitFor(() => expect(proven.lines()).toHaveLength(3));
  });

  it.each([
    ['none', undefined],
    ['a short one', 'ab'],
    ['an empty one', ''],
    ['a long one', 'a'.repeat(20_000)],
    ['one with a separator', `${'a'.repeat(15)}:${'b'.repeat(16)}`],
    ['a number', 7],
  ])('is closed for a nonce that no client makes: %s', async (_, nonce) => {
    await start();
    const client = await open();
    client.send({ hello: 'k8s-tunnels', protocol, nonce });
    await client.refused();
    expect(client.lines()).toEqual([]);
  });

  it('gets nothing for the agent’s own proof, nor for one of an earlier connection', async () => {
    await start();
    const mirror = await open();
    const { proof } = await mirror.greet();
    mirror.send({ proof }, call(1));
    await mirror.refused();
    const first = await open();
    const recorded = proofFor((await first.greet()).nonce);
    first.send(recorded, call(2));
    await vi.waitFor(() => expect(first.lines()).toHaveLength(2));
    const replay = await open();
    await replay.greet();
    replay.send(recorded, call(3));
    await replay.refused();
    expect(calls).toBe(1);
  });

  it('is given a nonce of its own', async () => {
    await start();
    const nonces = new Set<string>();
    for (let at = 0; at < 20; at += 1) nonces.add((await (await open()).greet(newNonce())).nonce);
    expect(nonces.size).toBe(20);
  });
});
