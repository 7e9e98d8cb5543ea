import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';
import { greet } from '../../../main/api/web/greeting.ts';
import { createSessions, type Sessions } from '../../../main/api/web/sessions.ts';
import type { EndReason } from '../../../renderer/agent/channel.ts';
import { createPageSecret, type PageSecret } from '../../../renderer/agent/page-secret.ts';
import { webChannel } from '../../../renderer/agent/web-channel.ts';

// A page's end of the WebSocket against a peer that the test makes.

let server: WebSocketServer;
let behave: (peer: Peer) => void;
let sessions: Sessions;
let heard: string[];
let held: PageSecret;

beforeEach(async () => {
  heard = [];
  sessions = createSessions({ now: () => 0, timer: () => () => {} });
  behave = (peer) => greet(peer, sessions, () => {});
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (peer) => {
    peer.on('message', (data) => heard.push(String(data)));
    behave(peer);
  });
  const stored = new Map<string, string>();
  held = createPageSecret({
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => void stored.set(name, value),
  });
});
afterEach(() => {
  for (const peer of server.clients) peer.terminate();
  server.close();
});

/** Resolves to how it went: opened, or why it ended. */
function open() {
  const { promise, resolve } = Promise.withResolvers<'opened' | EndReason | 'lost'>();
  const came: unknown[] = [];
  const channel = webChannel(
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
  )({
    onOpen: () => resolve('opened'),
    onMessage: (message) => came.push(message),
    onEnd: (why) => resolve(why ?? 'lost'),
  });
  return { channel, came, outcome: promise };
}

test('an address is exchanged for a session, with which the page comes back', async () => {
  const address = sessions.issue();
  held.keep(address);
  expect(await open().outcome).toBe('opened');
  expect(held.get()).toMatchObject({ kind: 'session' });
  expect(await open().outcome).toBe('opened');
  expect(heard.join()).not.toContain(address.key);
  expect(heard.join()).not.toContain(held.get()?.key);
});

test('a page that is reloaded in the middle of the exchange gets in, whether the address was spent or not', async () => {
  for (const isSpent of [true, false]) {
    held.keep(sessions.issue());
    behave = (peer) => {
      const seam = { find: sessions.find, open: isSpent ? sessions.open : async () => undefined };
      greet(peer, seam, () => peer.terminate());
      let count = 0;
      // As the end of a page, not of a session.
      if (!isSpent) peer.on('message', () => ++count === 2 && peer.terminate());
    };
    expect(await open().outcome).toBe('lost');
    behave = (peer) => greet(peer, sessions, () => {});
    await vi.waitFor(async () => expect(await open().outcome).toBe('opened'));
  }
});

test('nothing opens without a secret, with a spent address, or with a session that has ended', async () => {
  expect(await open().outcome).toBe('no-session');
  expect(heard).toEqual([]);
  const address = sessions.issue();
  held.keep(address);
  expect(await open().outcome).toBe('opened');
  sessions.end();
  expect(await open().outcome).toBe('session-ended');
  expect(await open().outcome).toBe('no-session');
  held.keep(address);
  expect(await open().outcome).toBe('session-ended');
});

test('a stranger in the place of serve is told a public number, and what it sends is not heeded', async () => {
  const fake = {
    id: 1,
    output: {},
    opened: true,
    confirmation: 'asked',
    nonce: 'A'.repeat(22),
    proof: 'A'.repeat(43),
  };
  for (const first of [JSON.stringify(fake), '{', 'null', '[]']) {
    const address = sessions.issue();
    held.keep(address);
    heard = [];
    behave = (peer) => peer.on('message', () => peer.send(first));
    const { came, outcome, channel } = open();
    expect(await outcome).toBe('foreign');
    channel.send({ id: 1, operation: 'login', input: {} });
    expect(came).toEqual([]);
    expect(heard.map((text) => JSON.parse(text) as unknown)).toEqual([
      { kind: 'address', id: address.id, nonce: expect.any(String) },
    ]);
    // It is still good where it belongs.
    behave = (peer) => greet(peer, sessions, () => {});
    expect(await open().outcome).toBe('opened');
  }
});

test('a stranger that says nothing is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    held.keep(sessions.issue());
    behave = () => {};
    const { outcome } = open();
    await vi.waitUntil(() => heard.length === 1, { interval: 5 });
    vi.advanceTimersByTime(10_000);
    expect(await outcome).toBe('not-served');
  } finally {
    vi.useRealTimers();
  }
});
