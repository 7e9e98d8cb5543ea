import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import type { ApiServer } from '../../../main/agent/tunnels/api-connection.ts';
import { runProbe } from '../../../main/agent/tunnels/probe.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { type Authority, createAuthority } from '../../world/authority.ts';

const host = 'api.cluster.example';
let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority('cluster');
});
const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
  }
});

async function listening<T extends net.Server>(server: T): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}
async function api(names: readonly string[], answer: http.RequestListener): Promise<number> {
  const { key, certificate } = await authority.issueServer(names);
  return listening(https.createServer({ key, cert: certificate }, answer));
}
const connect = (port: number) => async (): Promise<Duplex> => {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};
const probe = (
  dial: () => Promise<Duplex>,
  server: Partial<ApiServer> = {},
  signal = new AbortController().signal,
  limitMs?: number,
) =>
  runProbe({
    clock: systemClock,
    signal,
    ...(limitMs === undefined ? {} : { limitMs }),
    dial: async (_, passed) => {
      passed('edge');
      passed('access');
      const stream = await dial();
      passed('origin');
      return stream;
    },
    server: {
      target: { host, port: 443 },
      authority: authority.certificate,
      serverName: undefined,
      ...server,
    },
  });
const ok: http.RequestListener = (_, response) => response.end('ok');

describe('a probe', () => {
  it.each([
    ['a name', host, undefined],
    ['an IPv4 address', '10.1.2.3', undefined],
    ['an IPv6 address', 'fd00:0:0:0:0:0:0:1', undefined],
    ['another name than it is reached by', '10.1.2.3', host],
  ])('reaches a server known by %s', async (_, address, serverName) => {
    const port = await api([serverName ?? address], ok);
    const result = await probe(connect(port), { target: { host: address, port: 6443 }, serverName });
    expect(result).toMatchObject({ ok: true });
  });

  it.each([
    ['a name', host],
    ['an address', '10.1.2.3'],
  ])('does not take a certificate for another than %s', async (_, address) => {
    const port = await api(['other.example', '10.9.9.9'], ok);
    const result = await probe(connect(port), { target: { host: address, port: 443 } });
    expect(result).toMatchObject({ ok: false, failure: { stage: 'tls', error: { code: 'kube-untrusted' } } });
  });

  it.each([200, 401, 403, 404])('takes HTTP %i as the answer of a server that is ready', async (status) => {
    const port = await api([host], (_, response) => response.writeHead(status).end());
    expect((await probe(connect(port))).ok).toBe(true);
  });

  it.each([
    [
      'a page',
      'text/html; charset=UTF-8',
      '<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Error 403 (Forbidden)!!1</title><p><b>403.</b>',
    ],
    [
      'JSON',
      'application/json; charset=UTF-8',
      '{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}',
    ],
  ])("does not take Google's 403 as %s for the API server's", async (_, type, body) => {
    const port = await api([host], (_request, response) =>
      response.writeHead(403, { 'content-type': type, server: 'ESF' }).end(body),
    );
    expect(await probe(connect(port))).toMatchObject({
      ok: false,
      failure: {
        stage: 'readyz',
        mender: 'cluster-administrator',
        error: {
          code: 'kube-unauthorized',
          message: expect.stringContaining('before it reached the API server'),
          hint: expect.stringMatching(/external traffic.*container\.clusters\.connect/),
          retryable: true,
        },
      },
    });
  });

  it("takes the API server's own 403 for anonymous callers as its answer", async () => {
    const body = '{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}';
    const port = await api([host], (_, response) =>
      response.writeHead(403, { 'content-type': 'application/json' }).end(body),
    );
    expect((await probe(connect(port))).ok).toBe(true);
  });

  it.each([500, 503, 429])('takes HTTP %i as not ready', async (status) => {
    const port = await api([host], (_, response) => response.writeHead(status).end());
    expect(await probe(connect(port))).toMatchObject({
      ok: false,
      failure: { stage: 'readyz', error: { code: 'kube-unready', retryable: true } },
    });
  });

  it('tells a server that hangs up before it answers', async () => {
    const port = await api([host], (request) => request.socket.destroy());
    expect(await probe(connect(port))).toMatchObject({
      ok: false,
      failure: { stage: 'readyz', error: { code: 'kube-unready' } },
    });
  });

  it.each([
    ['a body', '\r\n', 'x'.repeat(64 * 1024), 'larger than 64 KB'],
    ['headers', '', `X-More: ${'x'.repeat(1000)}\r\n`, 'that is not valid HTTP (HPE_HEADER_OVERFLOW)'],
  ])('refuses an answer with %s without end, and reads no more of it', async (_, start, piece, why) => {
    const { key, certificate } = await authority.issueServer([host]);
    let isClosed = false;
    const port = await listening(
      https.createServer({ key, cert: certificate }, ({ socket }) => {
        const more = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on('drain', more).on('error', () => {});
        socket.once('close', () => {
          isClosed = true;
        });
        socket.write(`HTTP/1.1 200 OK\r\n${start}`);
        more();
      }),
    );
    expect(await probe(connect(port))).toMatchObject({
      ok: false,
      failure: {
        stage: 'readyz',
        error: {
          code: 'kube-unready',
          message: `${host}:443 sent an answer ${why}.`,
        },
      },
    });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });

  it('takes the status of an answer that was cut off', async () => {
    const port = await api([host], (request) =>
      request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    expect((await probe(connect(port))).ok).toBe(true);
  });

  it('tells a connection that ends before TLS', async () => {
    const port = await listening(net.createServer((socket) => socket.end()));
    expect(await probe(connect(port))).toMatchObject({ ok: false, failure: { error: { retryable: true } } });
  });

  it('tells what answers without TLS', async () => {
    const port = await listening(http.createServer(ok));
    expect(await probe(connect(port))).toMatchObject({ ok: false, failure: { stage: 'tls' } });
  });

  it('passes on what the dial failed with, at the first stage that had not passed', async () => {
    const error = new AppError('timeout', 'Too slow.', { retryable: true });
    expect(await probe(() => Promise.reject(error))).toMatchObject({
      ok: false,
      failure: { stage: 'origin', error: { code: 'timeout' } },
    });
  });

  it('ends after its limit, in TLS and in the request, and says which', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => {}).resume());
    const dumb = https.createServer({ ...(await material()) }, () => {});
    for (const [server, stage] of [
      [silent, 'tls'],
      [dumb, 'readyz'],
    ] as const) {
      const port = await listening(server);
      expect(await probe(connect(port), {}, undefined, 100)).toMatchObject({
        ok: false,
        failure: { stage, error: { code: 'timeout', message: expect.stringContaining('within 0.1 s') } },
      });
    }
  });

  it('ends when it is aborted, in TLS and in the request, and leaves no connection', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => {}).resume());
    const dumb = https.createServer({ ...(await material()) }, () => {});
    for (const server of [silent, dumb]) {
      const controller = new AbortController();
      const port = await listening(server);
      const arrived = once(server, server === dumb ? 'request' : 'connection');
      const result = probe(connect(port), {}, controller.signal);
      await arrived;
      controller.abort();
      expect((await result).ok).toBe(false);
      await vi.waitFor(async () =>
        expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0),
      );
    }
  });

  async function material(): Promise<tls.SecureContextOptions> {
    const { key, certificate } = await authority.issueServer([host]);
    return { key, cert: certificate };
  }
});
