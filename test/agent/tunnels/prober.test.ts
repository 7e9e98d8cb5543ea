import { once } from 'node:events';
import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProber, type Prober } from '../../../main/agent/tunnels/prober.ts';
import { type Authority, createAuthority } from '../../world/authority.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const host = 'api.cluster.example';
let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority('cluster');
});

let clock: SkippingClock;
let prober: Prober;
let answer: http.RequestListener;
let server: https.Server;
let accepted: net.Socket[];
let dials: number;
let lost: number;
/** Whether the end of a connection is passed on, as a cloudflared at a SOCKS origin does not. */
let passesOnTheEnd: boolean;

beforeEach(async () => {
  clock = skippingClock({ isStill: true });
  answer = (_, response) => response.end('ok');
  accepted = [];
  [dials, lost, passesOnTheEnd] = [0, 0, true];
  const { key, certificate } = await authority.issueServer([host]);
  server = https.createServer({ key, cert: certificate }, (request, response) => answer(request, response));
  server.on('connection', (socket: net.Socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  prober = createProber({
    clock,
    server: () => ({
      target: { host, port: 443 },
      authority: authority.certificate,
      serverName: undefined,
    }),
    dial: async (_, passed) => {
      dials += 1;
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      await once(socket, 'connect');
      for (const stage of ['edge', 'access', 'origin'] as const) passed(stage);
      if (passesOnTheEnd) return socket;
      const emit = socket.emit.bind(socket);
      socket.emit = (event: string, ...rest: unknown[]) =>
        ['end', 'close', 'error'].includes(event) ? false : emit(event, ...rest);
      return socket;
    },
    inTurn: (work) => work(),
    onLost: () => {
      lost += 1;
    },
  });
});
afterEach(() => {
  prober.discard();
  server.close();
  server.closeAllConnections();
});

const probe = (how: { isFresh?: boolean; signal?: AbortSignal } = {}) =>
  prober.probe({ signal: new AbortController().signal, isFresh: false, limitMs: 8_000, ...how });
/** Closes every connection as a server that ends does. */
const restart = () => {
  for (const socket of accepted.splice(0)) socket.destroy();
};
const openNow = () => accepted.filter(({ destroyed }) => !destroyed).length;

describe('probes of an idle tunnel', () => {
  it('go over one open connection, with the stages that it took to open and a new answer each', async () => {
    const first = await probe();
    clock.skip(30_000);
    const second = await probe();
    const third = await probe();
    expect({ dials, lost, open: openNow() }).toEqual({ dials: 1, lost: 0, open: 1 });
    if (!first.ok || !second.ok || !third.ok) throw new Error('a probe failed');
    const stages = ['edge', 'access', 'origin', 'tls', 'readyz'];
    expect(third.probe.stages.map(({ stage }) => stage)).toEqual(stages);
    expect(third.probe.stages.slice(0, 4)).toEqual(first.probe.stages.slice(0, 4));
    expect(second.probe.at - first.probe.at).toBeGreaterThanOrEqual(30_000);
  });

  it('report at once that the connection was closed, and the next one opens another', async () => {
    await probe();
    restart();
    await vi.waitFor(() => expect(lost).toBe(1));
    expect((await probe()).ok).toBe(true);
    expect({ dials, lost }).toEqual({ dials: 2, lost: 1 });
  });

  it('are repeated on a new connection when the kept one brings no answer, before they count', async () => {
    passesOnTheEnd = false;
    await probe();
    restart();
    passesOnTheEnd = true;
    const second = probe();
    // Nothing shows: the time that it may stay silent has to pass, in parts.
    await vi.waitFor(async () => {
      clock.skip(700);
      expect(dials).toBe(2);
    });
    expect((await second).ok).toBe(true);
    expect(lost).toBe(0);
  });

  it('are repeated at once when the server hangs up on the question', async () => {
    await probe();
    let hangUps = 1;
    answer = (request, response) => {
      if (hangUps-- > 0) request.socket.destroy();
      else response.end('ok');
    };
    expect(await probe()).toMatchObject({ ok: true });
    expect(dials).toBe(2);
  });

  it('count when the new connection fails too', async () => {
    await probe();
    answer = (request) => request.socket.destroy();
    expect(await probe()).toMatchObject({
      ok: false,
      failure: { stage: 'readyz', error: { code: 'kube-unready' } },
    });
    expect(dials).toBe(2);
  });

  it.each([
    ['says that it closes', (response: http.ServerResponse) => response.setHeader('connection', 'close')],
    [
      'closes after its answer',
      (response: http.ServerResponse) => {
        const { socket } = response;
        response.once('finish', () => socket?.end());
      },
    ],
  ])('use a connection each where the server %s', async (_, close) => {
    answer = (_request, response) => {
      close(response);
      response.end('ok');
    };
    for (let count = 1; count <= 5; count++) {
      expect((await probe()).ok).toBe(true);
      await vi.waitFor(() => expect(openNow()).toBe(0));
    }
    // A close that came as news is not news for ever.
    expect(dials).toBe(5);
    expect(lost).toBeLessThanOrEqual(2);
  });

  it('try again after ten minutes to keep a connection', async () => {
    for (let count = 0; count < 2; count++) {
      await probe();
      restart();
      await vi.waitFor(() => expect(lost).toBe(count + 1));
    }
    await probe();
    await vi.waitFor(() => expect(openNow()).toBe(0));
    clock.skip(10 * 60_000);
    await probe();
    await probe();
    expect({ dials, open: openNow() }).toEqual({ dials: 4, open: 1 });
  });

  it('keep the connection of a server that says that it is not ready', async () => {
    await probe();
    answer = (_, response) => response.writeHead(503).end('[-]etcd failed');
    expect(await probe()).toMatchObject({
      ok: false,
      failure: { stage: 'readyz', error: { code: 'kube-unready' } },
    });
    answer = (_, response) => response.end('ok');
    expect((await probe()).ok).toBe(true);
    expect(dials).toBe(1);
  });

  it('use a new connection on request, and keep that one', async () => {
    await probe();
    await probe({ isFresh: true });
    await vi.waitFor(() => expect(openNow()).toBe(1));
    await probe();
    expect({ dials, lost }).toEqual({ dials: 2, lost: 0 });
  });

  it('leave nothing when they are discarded or aborted', async () => {
    await probe();
    prober.discard();
    await vi.waitFor(() => expect(openNow()).toBe(0));
    await probe();
    const asked = once(server, 'request');
    answer = () => {};
    const controller = new AbortController();
    const aborted = probe({ signal: controller.signal });
    await asked;
    controller.abort();
    expect((await aborted).ok).toBe(false);
    await vi.waitFor(() => expect(openNow()).toBe(0));
    expect({ lost, timers: clock.pending() }).toEqual({ lost: 0, timers: 0 });
  });
});
