import { once } from 'node:events';
import { Agent } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  absentHost,
  deniedHost,
  downHost,
  type Fixture,
  kubeTarget,
  order,
  payload,
  socksHost,
  startFixture,
  tcpHost,
} from './access-fixture.ts';

let world: Fixture;
afterEach(() => world.close());

/** A plain WebSocket client with a service token: it knows nothing of Access but two headers. */
function open(host: string, headers?: Record<string, string>, autoPong = true): WebSocket {
  const { clientId, clientSecret } = world.access.addServiceToken();
  return new WebSocket(`wss://${host}/`, {
    headers: headers ?? { 'cf-access-client-id': clientId, 'cf-access-client-secret': clientSecret },
    agent: new Agent({ ca: world.certificate, proxyEnv: { HTTPS_PROXY: world.proxy.url } }),
    perMessageDeflate: false,
    autoPong,
  });
}

/** The status of the answer that the upgrade got instead. */
async function refusal(client: WebSocket): Promise<number | undefined> {
  const [, response] = await once(client, 'unexpected-response');
  client.on('error', () => {}).terminate();
  return response.statusCode;
}

async function opened(host: string): Promise<WebSocket> {
  const client = open(host);
  await once(client, 'open');
  return client;
}

async function message(client: WebSocket): Promise<Buffer> {
  const [data] = await once(client, 'message');
  return data;
}

/** The raw connection under a client, to send what no client would. */
function wire(client: WebSocket): NodeJS.WritableStream {
  return Reflect.get(client, '_socket');
}

describe('the WebSocket of an application', () => {
  it('carries binary messages, whole and in fragments, and passes over text', async () => {
    world = await startFixture();
    const client = await opened(tcpHost);
    client.send(Buffer.from('e'));
    client.send('not for the origin');
    client.send(Buffer.from('hel'), { fin: false });
    client.send(Buffer.from('lo'), { fin: true });
    expect(String(await message(client))).toBe('hello');
    client.close(1000);
    expect((await once(client, 'close'))[0]).toBe(1000);
    await expect.poll(() => world.access.openConnections()).toBe(0);
  });

  it('answers a frame without a mask with 1002', async () => {
    world = await startFixture();
    const client = await opened(tcpHost);
    wire(client).write(Buffer.from([0x82, 1, 0x65]));
    expect((await once(client, 'close'))[0]).toBe(1002);
  });

  it('loses what is beyond the buffer of the origin side, as cloudflared does', async () => {
    world = await startFixture();
    const client = await opened(tcpHost);
    const bytes = payload(20_000);
    client.send(Buffer.concat([Buffer.from('e'), bytes]));
    let received = Buffer.alloc(0);
    while (received.length < 16_383) received = Buffer.concat([received, await message(client)]);
    expect(received.equals(bytes.subarray(0, 16_383))).toBe(true);
    expect(world.traffic.count('edge', 'truncated')).toBe(1);
    client.terminate();
  });

  it('hangs up without a close frame when the origin ends', async () => {
    world = await startFixture();
    const client = await opened(tcpHost);
    client.send(order('d', 100_000));
    let length = 0;
    client.on('message', (data: Buffer) => {
      length += data.length;
    });
    expect((await once(client, 'close'))[0]).toBe(1006);
    expect(length).toBe(100_000);
  });

  it('holds the origin back while the client does not read', async () => {
    world = await startFixture();
    const client = await opened(tcpHost);
    const size = 128 << 20;
    client.pause();
    client.send(order('d', size));
    let seen = -1;
    while (seen !== world.produced()) {
      seen = world.produced();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(seen).toBeLessThan(size / 2);
    let length = 0;
    client.on('message', (data: Buffer) => {
      length += data.length;
    });
    client.resume();
    await once(client, 'close');
    expect(length).toBe(size);
  });

  it('pings, and hangs up on a client that stays silent', async () => {
    world = await startFixture({ pingMs: 60, silentMs: 1_500 });
    const lively = await opened(tcpHost);
    for (let i = 0; i < 30; i += 1) await once(lively, 'ping');
    expect(lively.readyState).toBe(WebSocket.OPEN);
    lively.terminate();

    const mute = open(tcpHost, undefined, false);
    expect((await once(mute, 'close'))[0]).toBe(1006);
  });

  it('refuses before the upgrade as the edge does', async () => {
    world = await startFixture();
    const { clientId } = world.access.addServiceToken();
    expect(await refusal(open(tcpHost, {}))).toBe(302);
    expect(await refusal(open(tcpHost, { 'cf-access-token': 'a.b.c' }))).toBe(302);
    const wrong = { 'cf-access-client-id': clientId, 'cf-access-client-secret': 'wrong' };
    expect(await refusal(open(tcpHost, wrong))).toBe(403);
    expect(await refusal(open(downHost))).toBe(502);
    expect(await refusal(open(absentHost))).toBe(530);
  });

  it('acts out faults', async () => {
    world = await startFixture();
    for (const [kind, status] of [
      ['deny', 403],
      ['throttle', 429],
      ['error', 500],
    ] as const) {
      world.traffic.inject({
        service: 'edge',
        operation: 'upgrade',
        scope: tcpHost,
        times: 1,
        does: { kind },
      });
      expect(await refusal(open(tcpHost))).toBe(status);
    }
    world.traffic.inject({ service: 'edge', operation: 'upgrade', times: 1, does: { kind: 'drop' } });
    const [error] = await once(open(tcpHost), 'error');
    expect(error.code).toBe('ECONNRESET');
    const client = await opened(tcpHost);
    expect(world.access.dropConnections(deniedHost)).toBe(0);
    expect(world.access.dropConnections(tcpHost)).toBe(1);
    expect((await once(client, 'close'))[0]).toBe(1006);
  });
});

describe('a SOCKS application', () => {
  const connectTo = (host: readonly number[], port = 443) =>
    Buffer.from([5, 1, 0, ...host, port >> 8, port & 255]);
  const named = (name: string) => [3, name.length, ...Buffer.from(name)];

  /** The reply code of the server, or the code that the connection closed with. */
  async function reply(request: Buffer): Promise<number | string> {
    const client = await opened(socksHost);
    client.send(Buffer.from([5, 1, 0]));
    expect([...(await message(client))]).toEqual([5, 0]);
    client.send(request);
    const answer = await Promise.race([
      message(client).then((bytes) => bytes[1] ?? -1),
      once(client, 'close').then(([code]) => `closed ${code}`),
    ]);
    client.terminate();
    return answer;
  }

  it('reaches names and addresses, and says why where it cannot', async () => {
    world = await startFixture();
    const [name = ''] = kubeTarget.split(':');
    const ipv6 = [4, 0xfd, ...Array.from({ length: 14 }, () => 0), 1];
    expect(await reply(connectTo(named(name)))).toBe(0);
    expect(await reply(connectTo([1, 10, 0, 0, 1]))).toBe(0);
    expect(await reply(connectTo(ipv6))).toBe(0);
    expect(await reply(connectTo(named('unknown.internal')))).toBe(4);
    expect(await reply(connectTo(named('closed.internal')))).toBe(5);
    expect(await reply(Buffer.from([5, 2, 0, 1, 10, 0, 0, 1, 1, 187]))).toBe(7);
    expect(await reply(connectTo([9]))).toBe('closed 1006');
    world.traffic.inject({ service: 'origin', scope: name, times: 1, does: { kind: 'deny' } });
    expect(await reply(connectTo(named(name)))).toBe(2);
    expect(
      world.traffic.served.filter(({ service }) => service === 'origin').map(({ scope }) => scope),
    ).toContain(kubeTarget);
  });

  it('asks for no password, and takes no client that needs one', async () => {
    world = await startFixture();
    const client = await opened(socksHost);
    client.send(Buffer.from([5, 1, 2]));
    expect([...(await message(client))]).toEqual([5, 0xff]);
    expect((await once(client, 'close'))[0]).toBe(1006);
  });

  it('does not tell the client that the destination has ended until it sends again', async () => {
    world = await startFixture();
    const client = await opened(socksHost);
    client.send(Buffer.from([5, 1, 0]));
    await message(client);
    client.send(connectTo([1, 10, 0, 0, 1]));
    await message(client);
    client.send(order('d', 3));
    expect(await message(client)).toEqual(payload(3));
    const closed = once(client, 'close');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.readyState).toBe(WebSocket.OPEN);
    const more = setInterval(() => client.send(Buffer.from('x')), 10);
    await closed;
    clearInterval(more);
  });
});
