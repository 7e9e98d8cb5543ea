import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../../main/agent/network/trust.ts';
import type { AppError } from '../../../../main/model/app-error.ts';
import { createAuthority } from '../../../world/authority.ts';

/** What a proxy does with a connection that it has just accepted. */
type Behaviour = (client: net.Socket) => void;

const open = new Set<net.Socket>();
const cleanups: (() => unknown)[] = [];
let network: Network;
let target: { readonly port: number; readonly url: URL };
let authority: Awaited<ReturnType<typeof createAuthority>>;
const uncaught = vi.fn();

beforeEach(async () => {
  process.on('uncaughtException', uncaught);
  const folder = await mkdtemp(path.join(tmpdir(), 'ill-proxy-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  authority = await createAuthority('Inside');
  await writeFile(path.join(folder, 'ca.pem'), authority.certificate);
  trustAuthorities({ env: { SSL_CERT_FILE: path.join(folder, 'ca.pem') } });
  const { key, certificate } = await authority.issueServer(['api.example']);
  const server = https.createServer({ key, cert: certificate }, (_, response) => response.end('hello'));
  const port = await listen(server);
  target = { port, url: new URL('https://api.example/') };
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  // An error without a listener shows only after what caused it.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('uncaughtException', uncaught);
  expect(uncaught).not.toHaveBeenCalled();
  uncaught.mockReset();
  open.clear();
});

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return (server.address() as net.AddressInfo).port;
}

/** Starts a proxy that behaves so, and a network that goes through it. */
async function through(behaviour: Behaviour, scheme = 'http', login = ''): Promise<void> {
  const accept = (client: net.Socket) => {
    open.add(client);
    // Half open on this side: a client that has closed its own shows as the end of what it sends.
    for (const sign of ['end', 'close']) client.on(sign, () => open.delete(client));
    client.on('error', () => {});
    behaviour(client);
  };
  const certificate = scheme === 'https' ? await authority.issueServer(['localhost']) : undefined;
  const server =
    certificate === undefined
      ? net.createServer({ allowHalfOpen: true }, accept)
      : tls.createServer({ key: certificate.key, cert: certificate.certificate }, accept);
  const port = await listen(server);
  cleanups.unshift(() => {
    for (const client of open) client.destroy();
  });
  network = createNetwork({ HTTPS_PROXY: `${scheme}://${login}localhost:${port}` });
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as AppError,
  );
const noneOpen = () => vi.waitFor(() => expect(open.size).toBe(0));
const refusal = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n';

/** Lets a client through to the target; `head` is what the proxy says first. */
const lead = (client: net.Socket, head: string | Buffer) => {
  const onward = net.connect(target.port, '127.0.0.1');
  onward.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => onward.destroy());
  client.write(head);
  client.pipe(onward).pipe(client);
};

describe('a proxy that refuses', () => {
  it.each<[string, Behaviour]>([
    ['and resets a moment later', (client) => setTimeout(() => client.resetAndDestroy(), 30)],
    ['and keeps the connection', () => {}],
    ['and ends it', (client) => client.end()],
    ['and goes on writing', (client) => void setInterval(() => client.write('x'.repeat(1000)), 1).unref()],
  ])('%s leaves no connection', async (_, then) => {
    await through((client) =>
      client.once('data', () => {
        client.write(refusal);
        then(client);
      }),
    );
    const errors = await Promise.all(Array.from({ length: 20 }, () => failure(network.request(target.url))));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'network-proxy', message: expect.stringContaining('HTTP 502') });
    }
    await noneOpen();
  });

  it.each([
    ['', 'asks for a user and password'],
    ['ada:geheim@', 'did not accept the user and password'],
  ])('with 407, given %j, is named with what it lacks', async (login, text) => {
    await through(
      (client) => client.once('data', () => client.end('HTTP/1.1 407 Nope\r\n\r\n')),
      'http',
      login,
    );
    const error = await failure(network.request(target.url));
    expect(error).toMatchObject({ code: 'network-proxy', message: expect.stringContaining(text) });
    expect(error.hint).toContain('HTTPS_PROXY');
    expect(`${error.message}${error.hint}`).not.toContain('geheim');
  });
});

describe('a proxy that wants more than a password', () => {
  it.each([
    [['Negotiate', 'NTLM'], 'Kerberos (Negotiate) or NTLM'],
    [['Negotiate, NTLM'], 'Kerberos (Negotiate) or NTLM'],
    [['NTLM TlRMTVNTUAACAAAA=='], 'NTLM'],
    [['Digest realm="Basic, all", nonce="a,b", qop="auth"'], 'Digest'],
  ])('with %j names the sign-in and a program that can do it', async (fields, named) => {
    const lines = fields.map((field) => `Proxy-Authenticate: ${field}\r\n`).join('');
    await through(
      (client) => client.once('data', () => client.end(`HTTP/1.1 407 Nope\r\n${lines}\r\n`)),
      'http',
      'ada:geheim@',
    );
    const error = await failure(network.request(target.url));
    expect(error).toMatchObject({
      code: 'network-proxy',
      message: expect.stringContaining(`asks for a sign-in with ${named} (HTTP 407)`),
      hint: expect.stringMatching(/such as px or cntlm.*HTTPS_PROXY/),
    });
  });

  it.each([['Negotiate', 'Basic realm="acme"'], ['Negotiate, Basic realm="acme", charset="UTF-8"']])(
    'or a password, with %j %j, asks for that',
    async (...fields) => {
      const lines = fields.map((field) => `Proxy-Authenticate: ${field}\r\n`).join('');
      await through((client) => client.once('data', () => client.end(`HTTP/1.1 407 Nope\r\n${lines}\r\n`)));
      expect((await failure(network.request(target.url))).message).toContain('asks for a user and password');
    },
  );
});

it('a proxy without TLS that is named with https:// is said to be named wrongly', async () => {
  const answer = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n';
  const port = await listen(
    net.createServer((client) => void client.on('error', () => {}).once('data', () => client.end(answer))),
  );
  network = createNetwork({ HTTPS_PROXY: `https://localhost:${port}` });
  expect(await failure(network.request(target.url))).toMatchObject({
    code: 'network-proxy',
    message: expect.stringContaining('does not speak TLS'),
    hint: expect.stringContaining('http:// in place of https:// in HTTPS_PROXY'),
  });
});

describe('a proxy that goes silent', () => {
  it.each<[string, Behaviour]>([
    ['at once', (client) => client.resume()],
    ['after half a line', (client) => client.once('data', () => client.write('HTTP/1.1 20'))],
    ['after a status line', (client) => client.once('data', () => client.write('HTTP/1.1 200 OK\r\n'))],
  ])('%s is left when the request times out, and when it is aborted', async (_, behaviour) => {
    await through(behaviour);
    expect(await failure(network.request(target.url, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
    await noneOpen();
    const controller = new AbortController();
    const aborted = failure(network.upgrade(target.url, { signal: controller.signal }));
    await vi.waitFor(() => expect(open.size).toBe(1));
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'cancelled' });
    await noneOpen();
  });
});

describe('a proxy that breaks off', () => {
  const answer = 'HTTP/1.1 200 Connection established\r\nVia: acme\r\n\r\n';
  const socksAnswer = Buffer.from([5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);

  it.each(['reset', 'end', 'destroy'] as const)(
    'by %s, at each byte of its answer, is a clear error',
    async (how) => {
      let length = 0;
      const breakOff: Behaviour = (client) =>
        client.once('data', () => {
          client.write(answer.slice(0, length), () => {
            if (how === 'reset') client.resetAndDestroy();
            else if (how === 'end') client.end();
            else client.destroy();
          });
        });
      await through(breakOff);
      for (length = 0; length <= answer.length; length += 1) {
        const error = await failure(network.request(target.url, { timeoutMs: 5_000 }));
        expect(['network-proxy', 'network-unreachable']).toContain(error.code);
        await noneOpen();
      }
    },
  );

  it.each(['reset', 'end'] as const)(
    'by %s, at each byte of a SOCKS answer, is a clear error',
    async (how) => {
      let length = 0;
      await through(
        (client) =>
          client.once('data', () => {
            client.write(socksAnswer.subarray(0, length), () => {
              if (how === 'reset') client.resetAndDestroy();
              else client.end();
            });
          }),
        'socks5',
      );
      for (length = 0; length <= socksAnswer.length; length += 1) {
        const error = await failure(network.request(target.url, { timeoutMs: 5_000 }));
        expect(['network-proxy', 'network-unreachable']).toContain(error.code);
        await noneOpen();
      }
    },
  );
});

describe('what listens is not such a proxy', () => {
  it.each([
    ['an SSH server', 'http', 'SSH-2.0-OpenSSH_9.2\r\n', 'HTTP proxy'],
    ['a SOCKS proxy', 'http', Buffer.from([5, 0]), 'HTTP proxy'],
    ['endless headers', 'http', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`, 'HTTP proxy'],
    ['an HTTP proxy', 'socks5', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'SOCKS5 proxy'],
  ])('%s, named as %s', async (_, scheme, says, name) => {
    await through((client) => void client.once('data', () => client.write(says)), scheme);
    const error = await failure(network.request(target.url, { timeoutMs: 5_000 }));
    expect(error).toMatchObject({ code: 'network-proxy', message: expect.stringContaining(name) });
    await noneOpen();
  });
});

describe('a proxy that works', () => {
  it('over TLS, in pieces, leads to the host, and its connection is used again', async () => {
    let connections = 0;
    await through((client) => {
      connections += 1;
      client.once('data', () => {
        client.write('HTTP/1.0 200 ');
        setTimeout(() => lead(client, 'OK\r\n\r\n'), 5);
      });
    }, 'https');
    expect(String((await network.request(target.url)).body)).toBe('hello');
    expect(String((await network.request(target.url)).body)).toBe('hello');
    expect(connections).toBe(1);
    network.reset();
    await noneOpen();
  });

  it.each([
    ['', Buffer.from([5, 1, 0]), Buffer.from([5, 0])],
    ['ada:p%40ss@', Buffer.from([5, 2, 0, 2]), Buffer.from([5, 2])],
  ])('by SOCKS5, login %j, resolves the name itself', async (login, greeting, choice) => {
    const said: Buffer[] = [];
    await through(
      (client) => {
        const next = () => new Promise<Buffer>((resolve) => client.once('data', resolve));
        const talk = async () => {
          said.push(await next());
          client.write(choice);
          if (login !== '') {
            said.push(await next());
            client.write(Buffer.from([1, 0]));
          }
          said.push(await next());
          // A bound address by name, as some servers give it.
          lead(client, Buffer.from([5, 0, 0, 3, 1, 120, 0, 80]));
        };
        void talk();
      },
      'socks5',
      login,
    );
    expect(String((await network.request(target.url)).body)).toBe('hello');
    const request = Buffer.concat([
      Buffer.from([5, 1, 0, 3, 11]),
      Buffer.from('api.example'),
      Buffer.from([1, 187]),
    ]);
    const password = Buffer.concat([
      Buffer.from([1, 3]),
      Buffer.from('ada'),
      Buffer.from([4]),
      Buffer.from('p@ss'),
    ]);
    expect(said).toEqual([greeting, ...(login === '' ? [] : [password]), request]);
    network.reset();
    await noneOpen();
  });

  it('by SOCKS5 that refuses is a clear error', async () => {
    await through((client) => {
      client.once('data', () => {
        client.write(Buffer.from([5, 0]));
        client.once('data', () => client.write(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])));
      });
    }, 'socks5');
    expect(await failure(network.request(target.url))).toMatchObject({
      code: 'network-proxy',
      message: expect.stringContaining('not allowed by its rules'),
    });
    await noneOpen();
  });
});
