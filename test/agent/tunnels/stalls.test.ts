import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type Gateway, openGateway } from '../../../main/agent/tunnels/gateway.ts';
import type { PeerTable } from '../../../main/agent/tunnels/peers/peer-table.ts';
import { createPeers, type Peers } from '../../../main/agent/tunnels/peers/peers.ts';
import { createUnproven } from '../../../main/agent/tunnels/unproven.ts';
import { type Peer, startPeer } from './frames.ts';

type Opened = Awaited<ReturnType<Peer['open']>>;

const target = { host: 'api.cluster.example', port: 443 };
const authority = `${target.host}:${target.port}`;
const request = `CONNECT ${authority} HTTP/1.1\r\nProxy-Authorization: Basic ${btoa('u:p')}\r\n\r\n`;
const much = 16 << 20;

let edge: Peer;
let gateway: Gateway;
let peers: Peers;
let opened: Opened[];
const troubles = vi.fn();
const looks = vi.fn();

beforeEach(async () => {
  edge = await startPeer();
  opened = [];
  troubles.mockReset();
});
afterEach(async () => {
  for (const { tcp } of opened) tcp.destroy();
  await gateway.close();
  await edge.close();
  await peers.close();
});

async function start(table?: PeerTable): Promise<void> {
  const openTable = table === undefined ? {} : { openTable: async () => table };
  peers = await createPeers({ env: process.env, logger: silentLogger, ...openTable });
  gateway = await openGateway({
    port: 0,
    credentials: { user: 'u', password: 'p' },
    target,
    peers: {
      ...peers,
      hasEnded(connection) {
        looks();
        return peers.hasEnded(connection);
      },
    },
    unproven: createUnproven(),
    dial: async () => {
      const one = await edge.open();
      one.socket.on('error', () => {});
      opened.push(one);
      return one.stream;
    },
    onTrouble: troubles,
    onRefused: async () => {},
    stallLookMs: 20,
  });
}

async function connect(): Promise<{ client: net.Socket; far: Opened }> {
  const client = net.connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  client.write(request);
  await once(client, 'readable');
  expect(String(client.read())).toContain(' 200 ');
  const far = opened.at(-1);
  if (far === undefined) throw new Error('nothing was opened');
  return { client, far };
}

/** Has a client send until nothing moves any more: the edge takes nothing. */
async function stallUpload(): Promise<{ client: net.Socket; far: Opened }> {
  const both = await connect();
  both.far.socket.pause();
  both.client.write(randomBytes(much));
  await still(() => gateway.traffic().sent);
  return both;
}

/** Has the edge send until nothing moves any more: the client takes nothing. */
async function stallDownload(): Promise<{ client: net.Socket; far: Opened; bytes: Buffer }> {
  const both = await connect();
  const bytes = randomBytes(much);
  for (let at = 0; at < much; at += 1 << 20) both.far.socket.send(bytes.subarray(at, at + (1 << 20)));
  await still(() => gateway.traffic().received);
  return { ...both, bytes };
}

/** Resolves when a number has stopped changing. */
async function still(read: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = read();
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
  }
}

/** Resolves when a connection on which nothing moves has been looked at several times more. */
async function severalLooks(): Promise<void> {
  const before = looks.mock.calls.length;
  if (peers.isChecked) await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(before + 5));
}

const isOver = (far: Opened) =>
  vi.waitFor(
    () => {
      expect(gateway.traffic().connections).toBe(0);
      expect(far.local.closed).toBe(true);
    },
    { timeout: 15_000 },
  );

it.each<[string, (client: net.Socket) => void]>([
  ['closes', (client) => client.destroy()],
  ['resets', (client) => client.resetAndDestroy()],
])('a client that %s while the edge takes nothing leaves no connection', async (_, go) => {
  await start();
  if (!peers.isChecked) return;
  const { client, far } = await stallUpload();
  go(client);
  await isOver(far);
  expect(troubles).not.toHaveBeenCalled();
});

it('a client that dies while it takes nothing leaves no connection', async () => {
  await start();
  const { client, far } = await stallDownload();
  client.destroy();
  await isOver(far);
});

it('an edge that resets while the client takes nothing leaves no connection to it', async () => {
  await start();
  const { client, far } = await stallDownload();
  far.tcp.resetAndDestroy();
  await vi.waitFor(() => expect(far.local.closed).toBe(true), { timeout: 15_000 });
  expect(troubles).toHaveBeenCalledWith(expect.objectContaining({ code: 'edge-failed' }));
  client.destroy();
  await isOver(far);
});

it('a client that lives is not cut, however long it takes nothing, and loses no byte', async () => {
  await start();
  const [up, down] = [await stallUpload(), await stallDownload()];
  await severalLooks();
  expect(gateway.traffic().connections).toBe(2);
  let arrived = 0;
  up.far.socket.on('message', (message: Buffer) => {
    arrived += message.length;
  });
  up.far.socket.resume();
  await vi.waitFor(() => expect(arrived).toBe(much), { timeout: 15_000 });
  down.far.socket.close();
  expect((await buffer(down.client)).equals(down.bytes)).toBe(true);
});

it('a client that has only ended what it sends is not cut', async () => {
  await start();
  const { client, far } = await stallUpload();
  client.end();
  await severalLooks();
  expect(gateway.traffic().connections).toBe(1);
  client.destroy();
  await (peers.isChecked ? isOver(far) : undefined);
});

it('nobody is cut where the table of connections cannot be read', async () => {
  let isReadable = true;
  await start({
    peersOf: async (connections) => {
      if (!isReadable) throw new Error('unreadable');
      return new Map(connections.map((one) => [one, { kind: 'own', process: async () => undefined }]));
    },
    listenerOf: async () => undefined,
    close: async () => {},
  });
  const { client } = await stallUpload();
  isReadable = false;
  await severalLooks();
  expect(gateway.traffic().connections).toBe(1);
  client.destroy();
});

it('a client that goes while the edge takes nothing leaves its connection at once: a farewell would not arrive', async () => {
  await start();
  if (!peers.isChecked) return;
  const { client, far } = await stallUpload();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    client.resetAndDestroy();
    while (gateway.traffic().connections > 0) {
      vi.advanceTimersByTime(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // No time passes any more.
    if (!far.local.closed) await once(far.local, 'close');
    expect(far.local.closed).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
