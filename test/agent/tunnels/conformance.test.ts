import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectThroughSocks } from '../../../main/agent/tunnels/socks-origin.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { realCloudflared } from '../../world/cloudflared/real.ts';
import {
  deniedHost,
  downHost,
  order,
  payload,
  socksHost,
  tcpHost,
} from '../../world-tests/access-fixture.ts';
import { addressOf, type Carried, type Carrier, startCarrier, wireCarrier } from './carrier.ts';

const program = realCloudflared();
const size = 16 << 20;
const bytes = payload(size);

const kinds: readonly { readonly name: string; readonly carried: Carried }[] = [
  { name: 'builtin', carried: 'builtin' },
  ...(program === undefined ? [] : [{ name: 'cloudflared, the real one', carried: 'real' } as const]),
  { name: 'cloudflared, by its double', carried: 'double' },
  { name: 'direct', carried: 'direct' },
];

/** What a connection came to: what was read of it, or the code of its failure. */
async function outcome(dialed: Promise<Duplex>, ...sent: readonly Buffer[]): Promise<Buffer | string> {
  try {
    const stream = await dialed;
    stream.on('error', () => {});
    for (const each of sent) stream.write(each);
    return await buffer(stream);
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe.each(kinds)('$name', ({ carried }) => {
  let rig: Carrier;
  beforeEach(async () => {
    rig = await startCarrier({ carried, program });
  });
  afterEach(() => rig.close());
  const five = payload(5);
  const get = (host: string) => outcome(rig.dial(host), order('d', 5));

  it('carries an echo', async () => {
    await rig.login(tcpHost);
    const stream = await rig.dial(tcpHost);
    stream.write('ehello');
    expect(String(await once(stream, 'data'))).toBe('hello');
    stream.destroy();
  });

  it('carries 16 MiB each way whole', async () => {
    await rig.login(tcpHost);
    expect(sha256((await outcome(rig.dial(tcpHost), order('d', size))) as Buffer)).toBe(sha256(bytes));
    const digest = await outcome(rig.dial(tcpHost), order('u', size), bytes);
    expect((digest as Buffer).toString('hex')).toBe(sha256(bytes));
    expect(rig.world.traffic.count('edge', 'truncated')).toBe(0);
  });

  it('lets a slow reader hold up the origin, and loses nothing', async () => {
    await rig.login(tcpHost);
    // The kernel keeps some 10 MiB for each of the connections on the way.
    const length = 96 << 20;
    const stream = await rig.dial(tcpHost);
    stream.write(order('d', length));
    await once(stream, 'readable');
    // What fits between the two does: then the origin makes no more.
    let before = -1;
    while (rig.world.produced() !== before) {
      before = rig.world.produced();
      await delay(300);
    }
    expect(before).toBeLessThan(length / 2);
    expect(sha256(await buffer(stream))).toBe(sha256(payload(length)));
  });

  it('opens 100 short connections', async () => {
    await rig.login(tcpHost);
    // Not all at once: both ends of each handshake are this process, and a connection has a limit of some seconds.
    for (let opened = 0; opened < 100; opened += 10) {
      const results = await Promise.all(Array.from({ length: 10 }, () => get(tcpHost)));
      expect(results.map(String)).toEqual(results.map(() => String(five)));
    }
    await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0));
  });

  if (carried === 'direct') return;

  it('ends both directions when one is ended', async () => {
    await rig.login(tcpHost);
    const stream = await rig.dial(tcpHost);
    stream.write('ehello');
    await once(stream, 'data');
    stream.end();
    stream.resume();
    await once(stream, 'close');
    await vi.waitFor(() => expect(rig.world.access.openConnections()).toBe(0));
  });

  it('reaches what is behind a SOCKS origin, and says what is not', async () => {
    await rig.login(socksHost);
    const stream = await rig.dial(socksHost);
    await connectThroughSocks(stream, { host: 'api.tools.internal', port: 443 });
    stream.write('ehello');
    expect(String(await once(stream, 'data'))).toBe('hello');
    stream.destroy();
    const other = await rig.dial(socksHost);
    await expect(connectThroughSocks(other, { host: 'closed.internal', port: 443 })).rejects.toMatchObject({
      code: 'origin-failed',
    });
    other.destroy();
  });

  it('names a destination', async () => {
    await rig.login(tcpHost);
    const stream = rig.connector(downHost, 'api.internal:443').dial({ signal: AbortSignal.timeout(60_000) });
    await outcome(stream);
    expect(rig.world.destinations).toContain('api.internal:443');
  });

  it.each([
    ['the policy denies the person', 'access-denied', deniedHost],
    ['the origin is down', 'origin-failed', downHost],
  ])('says that %s', async (_, code, host) => {
    await rig.login(tcpHost);
    expect(await get(host)).toBe(code);
  });

  it('shows a service token where there is one, and says that it is not admitted any more', async () => {
    let token = rig.world.access.addServiceToken([tcpHost]);
    const machine = await wireCarrier(addressOf(rig.world), {
      carried,
      program,
      serviceToken: async () => ({ ...token, file: '/etc/secret' }),
    });
    await machine.login(tcpHost);
    expect(await outcome(machine.dial(tcpHost), order('d', 5))).toEqual(five);
    token = { ...token, clientSecret: 'ended' };
    await machine.connector(tcpHost).close?.();
    expect(await outcome(machine.dial(tcpHost), order('d', 5))).toBe('access-denied');
    expect(await rig.world.browser.tabs()).toEqual([]);
    expect(machine.log.join()).not.toContain('ended');
    await machine.close();
  });

  it('says that a policy does not admit the person any more', async () => {
    await rig.login(tcpHost);
    expect(await get(tcpHost)).toEqual(five);
    rig.world.access.setPolicy(tcpHost, []);
    expect(await get(tcpHost)).toBe('access-denied');
  });

  it.each(['expired', 'revoked'])(
    'renews an application token that is %s, without a browser',
    async (what) => {
      await rig.login(tcpHost);
      expect(await get(tcpHost)).toEqual(five);
      if (what === 'expired') rig.world.access.expire('app');
      else rig.world.access.revokeApp(tcpHost);
      expect(await get(tcpHost)).toEqual(five);
      expect(await rig.world.browser.tabs()).toHaveLength(1);
    },
  );

  it('says that a login is needed when every token is revoked, opens no browser, and works after one', async () => {
    await rig.login(tcpHost);
    expect(await get(tcpHost)).toEqual(five);
    rig.world.access.revokeAll();
    rig.world.access.endSessions();
    expect(await get(tcpHost)).toBe('access-login-needed');
    expect(await rig.world.browser.tabs()).toHaveLength(1);
    await rig.login(tcpHost);
    expect(await get(tcpHost)).toEqual(five);
    expect(await rig.world.browser.tabs()).toHaveLength(2);
  });

  it('tells of an edge that drops its connections, and connects again', async () => {
    await rig.login(tcpHost);
    const stream = await rig.dial(tcpHost);
    const dropped = vi.fn();
    stream.on('dropped', dropped);
    stream.on('error', dropped);
    stream.write('ehello');
    await once(stream, 'data');
    rig.world.access.dropConnections();
    stream.resume();
    await once(stream, 'close');
    expect(dropped).toHaveBeenCalled();
    expect(await get(tcpHost)).toEqual(five);
  });

  it('says that the proxy refuses, and connects when it does not any more', async () => {
    await rig.login(tcpHost);
    expect(await get(tcpHost)).toEqual(five);
    const lift = rig.world.traffic.inject({ service: 'proxy', does: { kind: 'error' } });
    // cloudflared itself tells no reason, and builtin may have a connection that passed the proxy before.
    expect(['network-proxy', ...(carried === 'builtin' ? [] : ['edge-failed'])]).toContain(
      await get(tcpHost),
    );
    lift();
    expect(await get(tcpHost)).toEqual(five);
  });
});
