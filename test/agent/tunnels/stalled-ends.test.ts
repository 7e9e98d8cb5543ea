import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { watchStalls } from '../../../main/agent/tunnels/stalls.ts';

const much = 16 << 20;
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Both ends of a connection. Each may end what it sends and still receive. */
async function pair(): Promise<{ near: net.Socket; far: net.Socket }> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const far = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [near] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  for (const socket of [near, far]) {
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
  }
  return { near, far };
}

it('a client that gets nothing any more may still send: no byte of a stalled upload is lost', async () => {
  const [client, remote] = [await pair(), await pair()];
  const isHeld = vi.fn(async () => true);
  watchStalls({
    client: client.near,
    remote: remote.near,
    moved: () => client.near.bytesRead,
    isHeld,
    lookEveryMs: 5,
  });
  client.near.pipe(remote.near);
  client.near.end();
  client.far.end(randomBytes(much));
  await vi.waitFor(() => expect(isHeld.mock.calls.length).toBeGreaterThan(5));
  let arrived = 0;
  remote.far.on('data', (bytes: Buffer) => {
    arrived += bytes.length;
  });
  await once(remote.far, 'end');
  expect(arrived).toBe(much);
});

it('a connection that is held back does not keep the process alive by what watches it', async () => {
  const [client, remote] = [await pair(), await pair()];
  watchStalls({
    client: client.near,
    remote: remote.near,
    moved: () => 0,
    isHeld: async () => true,
    lookEveryMs: 60_000,
  });
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  client.near.pause();
  expect(timers()).toBe(before);
});
