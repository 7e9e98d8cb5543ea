import { once } from 'node:events';
import net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Gateway, openGateway } from '../../../main/agent/tunnels/gateway.ts';
import { uncheckedPeers } from '../../../main/agent/tunnels/peers/peers.ts';
import { createUnproven } from '../../../main/agent/tunnels/unproven.ts';
import { endBy, endings, runAll, watchProcess } from './ill-peers.ts';

const target = { host: 'api.cluster.example', port: 443 };
const workers = 24;

let gateway: Gateway;
let watch: ReturnType<typeof watchProcess>;
/** Ends of the tunnel's connections that are open. */
let remotes: Set<Duplex>;
let clients: Set<net.Socket>;
let standing: net.Socket;

beforeEach(async () => {
  const opened = new Set<Duplex>();
  remotes = opened;
  clients = new Set();
  gateway = await openGateway({
    port: 0,
    credentials: { user: 'u', password: 'p' },
    target,
    peers: uncheckedPeers,
    unproven: createUnproven(),
    dial: async () => {
      const [ours, theirs] = duplexPair();
      theirs.pipe(theirs);
      opened.add(ours);
      ours.once('close', () => {
        opened.delete(ours);
        theirs.destroy();
      });
      return ours;
    },
    onTrouble: () => {},
    onRefused: async () => {},
  });
  // One that does as it should, through all of it.
  standing = await connect();
  standing.write(connectRequest);
  await once(standing, 'data');
  watch = watchProcess();
});
afterEach(async () => {
  for (const client of clients) if (client !== standing) client.destroy();
  try {
    await watch.none();
    await vi.waitFor(() => expect(gateway.traffic().connections).toBe(1));
    await vi.waitFor(() => expect(remotes.size).toBe(1));
    const echo = once(standing, 'data');
    standing.write('still here');
    expect(String((await echo)[0])).toBe('still here');
  } finally {
    watch.stop();
    standing.destroy();
    await gateway.close();
  }
});

async function connect(): Promise<net.Socket> {
  const client = net.connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  clients.add(client);
  client.on('error', () => {}).once('close', () => clients.delete(client));
  await once(client, 'connect');
  return client;
}

const authority = `${target.host}:${target.port}`;
const connectRequest = Buffer.from(
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${btoa('u:p')}\r\n\r\nearly`,
);
const socksRequest = Buffer.concat([
  Buffer.from([5, 2, 0, 2, 1, 1]),
  Buffer.from('u'),
  Buffer.from([1]),
  Buffer.from('p'),
  Buffer.from([5, 1, 0, 3, target.host.length]),
  Buffer.from(target.host),
  Buffer.from([1, 187]),
  Buffer.from('early'),
]);

/** Sends bytes, stops so, and resolves when the gateway has let go or, where the client is silent, has had a moment. */
async function send(pieces: readonly Buffer[], how: (typeof endings)[number], reads: boolean): Promise<void> {
  const client = await connect();
  const closed = new Promise((resolve) => client.once('close', resolve));
  if (reads) client.resume().once('end', () => client.end());
  for (const piece of pieces) client.write(piece);
  await new Promise((resolve) => setImmediate(resolve));
  endBy(client, how);
  if (how === 'silence' || !reads) setTimeout(() => client.destroy(), 20);
  await closed;
}

const all = Array.from({ length: workers });

it.each([
  ['SOCKS5', socksRequest],
  ['CONNECT', connectRequest],
])('%s that stops at each byte leaves nothing', async (_, bytes) => {
  const cases = Array.from(bytes, (__, at) => at + 1).flatMap((at) =>
    endings.flatMap((how) => [true, false].map((reads) => ({ at, how, reads }))),
  );
  await runAll(
    cases,
    all.map(
      () =>
        ({ at, how, reads }) =>
          send([bytes.subarray(0, at)], how, reads),
    ),
  );
});

it('no bytes at all leave nothing', async () => {
  const cases = endings.flatMap((how) => [true, false].map((reads) => ({ how, reads })));
  await runAll(
    cases,
    all.map(
      () =>
        ({ how, reads }) =>
          send([], how, reads),
    ),
  );
});

it('bytes without sense, in any pieces, leave nothing', async () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(socksRequest.length).map((at) => socksRequest.subarray(0, at)),
    fc.nat(connectRequest.length).map((at) => connectRequest.subarray(0, at)),
    fc.nat(socksRequest.length).map((at) => socksRequest.subarray(at)),
    fc.constant(Buffer.from([0x16, 3, 1, 0, 5])),
  );
  const cases = fc.sample(
    fc.record({
      pieces: fc.array(part, { maxLength: 4 }),
      how: fc.constantFrom(...endings),
      reads: fc.boolean(),
    }),
    1_500,
  );
  await runAll(
    cases,
    all.map(
      () =>
        ({ pieces, how, reads }) =>
          send(pieces, how, reads),
    ),
  );
});
