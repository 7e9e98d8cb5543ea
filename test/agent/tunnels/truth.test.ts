import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Rig, startRig } from './rig.ts';

const title = 'payments-staging';
const host = 'payments-staging.k8s.acme.example';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const upgrades = () => rig.world.traffic.count('edge', 'upgrade');
/** The proxy refuses every new connection, until the returned function is called. */
const refuse = () => rig.world.traffic.inject({ service: 'proxy', does: { kind: 'error' } });
const kubectl = () =>
  rig.kubectl(title, 'get', '--raw', '/version').then(
    () => 'served',
    () => 'refused',
  );
/** A client that is at the port, and what it is told. */
async function client(): Promise<net.Socket> {
  const local = rig.tunnels.find(rig.cluster(title).id)?.localPort();
  const socket = net.connect(local?.port ?? 0, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const { user = '', password = '' } = local?.credentials ?? {};
  const target = `${new URL(rig.cluster(title).server).hostname}:443`;
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${basic}\r\n\r\n`,
  );
  return socket;
}

describe('the state of a tunnel that nobody uses', () => {
  it('shows at once that its connection was cut, without a client and before the next probe is due', async () => {
    await rig.open(title);
    const lift = refuse();
    rig.clock.skip(1_000);
    rig.world.proxy.dropConnections();
    expect(await rig.until(title, 'reconnecting')).toMatchObject({
      attempt: 1,
      failure: { error: { code: 'network-proxy' } },
    });
    lift();
    rig.clock.skip(1_000);
    await rig.until(title, 'connected');
  });

  it('shows that the API server is gone though nothing is passed on of it', async () => {
    await rig.open(title);
    await rig.world.api(title).stop();
    const wait = vi.waitFor(
      () => {
        // What a probe waits for passes in parts; less than a sleep each.
        rig.clock.skip(2_000);
        expect(rig.statuses(title).at(-1)).toBe('reconnecting');
      },
      { timeout: 10_000, interval: 50 },
    );
    await wait;
    await rig.world.api(title).start();
    rig.clock.skip(10_000);
    await rig.until(title, 'connected');
  });

  it('is probed over one connection: soon after somebody begins to look, and often while they do', async () => {
    await rig.open(title);
    const [probes, before] = [rig.states.length, upgrades()];
    rig.tunnels.watch(true);
    rig.clock.skip(4_000);
    await vi.waitFor(() => expect(rig.states.length).toBe(probes + 1));
    for (let count = 2; count <= 5; count++) {
      rig.clock.skip(6_000);
      await vi.waitFor(() => expect(rig.states.length).toBe(probes + count));
    }
    expect({ upgrades: upgrades(), open: rig.world.access.openConnections() }).toEqual({
      upgrades: before,
      open: 1,
    });
    rig.tunnels.watch(false);
    rig.clock.skip(6_000);
    await vi.waitFor(() => expect(rig.states.length).toBe(probes + 6));
    rig.clock.skip(11_000);
    expect(rig.states.length).toBe(probes + 6);
  });
});

describe('the state of a tunnel that is used', () => {
  /** Lets it fail so often that it waits for half a minute. */
  const failOften = async () => {
    const { tunnel } = await rig.open(title);
    const lift = refuse();
    rig.world.proxy.dropConnections();
    tunnel.wake();
    for (let attempt = 1; attempt <= 9; ) {
      // It may have tried more often than it was looked at.
      const state = await vi.waitFor(() => {
        const now = tunnel.state();
        if (now.status !== 'reconnecting' || now.attempt < attempt) throw new Error(JSON.stringify(now));
        return now;
      });
      attempt = state.attempt + 1;
      if (attempt > 9) break;
      for (let part = 0; part < 3; part++) rig.clock.skip(14_999);
    }
    return { tunnel, lift };
  };

  it('shows that the network is back as soon as a client got through, whatever was still to be waited for', async () => {
    const { tunnel, lift } = await failOften();
    const state = tunnel.state();
    if (state.status !== 'reconnecting') throw new Error(state.status);
    expect(state.nextAt - rig.clock.now()).toBeGreaterThan(10_000);
    lift();
    expect(await kubectl()).toBe('served');
    await rig.until(title, 'connected');
    // What failed before has been made good by a connection that served.
    const again = refuse();
    rig.world.proxy.dropConnections();
    expect(await rig.until(title, 'reconnecting')).toMatchObject({ attempt: 1 });
    again();
  });

  it('shows that the edge is back for every tunnel as soon as one of them has reached it', async () => {
    const other = 'search-staging';
    const { tunnel } = await rig.open(other);
    const { lift } = await failOften();
    await vi.waitFor(() => expect(tunnel.state()).toMatchObject({ status: 'reconnecting' }));
    const state = tunnel.state();
    if (state.status !== 'reconnecting') throw new Error(state.status);
    expect(state.nextAt - rig.clock.now()).toBeGreaterThan(10_000);
    lift();
    expect(await kubectl()).toBe('served');
    await rig.until(title, 'connected');
    await rig.until(other, 'connected');
    expect(state.nextAt - rig.clock.now()).toBeGreaterThan(0);
  });

  it('shows a new connection that is refused though the open one lives: a token that nobody renews', async () => {
    await rig.open(title);
    rig.world.access.revokeAll();
    rig.world.access.endSessions();
    expect(rig.world.access.openConnections(host)).toBe(1);
    rig.clock.skip(1_000);
    expect(await kubectl()).toBe('refused');
    expect(await rig.until(title, 'failed')).toMatchObject({
      failure: { stage: 'access', error: { code: 'access-login-needed' } },
    });
  });

  it('shows a proxy that has gone silent while a client waits for it, though the open connection lives', async () => {
    await rig.open(title);
    rig.clock.skip(1_000);
    const lift = rig.world.traffic.inject({ service: 'proxy', does: { kind: 'latency', ms: 20_000 } });
    const socket = await client();
    await vi.waitFor(
      () => {
        rig.clock.skip(250);
        expect(rig.statuses(title).at(-1)).toBe('reconnecting');
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(rig.states.at(-1)?.state).toMatchObject({
      failure: { stage: 'edge', error: { code: 'timeout' } },
    });
    socket.destroy();
    lift();
  });

  it('begins its probe again when a client gets through while that still waits for the network that was', async () => {
    const { tunnel } = await rig.open(title);
    const refused = refuse();
    rig.world.proxy.dropConnections();
    await rig.until(title, 'reconnecting');
    refused();
    const lift = rig.world.traffic.inject({ service: 'proxy', does: { kind: 'latency', ms: 20_000 } });
    const asked = rig.world.traffic.count('proxy', 'connect');
    tunnel.wake();
    await vi.waitFor(() => expect(rig.world.traffic.count('proxy', 'connect')).toBe(asked + 1));
    lift();
    rig.clock.skip(1_500);
    expect(await kubectl()).toBe('served');
    await rig.until(title, 'connected');
  });
});
