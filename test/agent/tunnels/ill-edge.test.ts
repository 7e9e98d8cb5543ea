import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import tls from 'node:tls';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Access } from '../../../main/agent/access/access.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { createBuiltinConnector, UnknownAnswer } from '../../../main/agent/tunnels/builtin-connector.ts';
import { FrameStream } from '../../../main/agent/tunnels/frame-stream.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { createAuthority } from '../../world/authority.ts';
import { serverFrame } from './frames.ts';
import { cuts, type Ending, endBy, endings, runAll, watchProcess } from './ill-peers.ts';

/** What an edge does with a TCP connection that it has just accepted. */
type Behaviour = (client: net.Socket) => void;

/** An edge on loopback, and the connector that leads there. */
interface Edge {
  behave(behaviour: Behaviour): void;
  readonly network: Network;
  readonly open: ReadonlySet<net.Socket>;
  /** One connection: how it failed, or what had come when it ended. */
  dial(how?: Ending): Promise<AppError | Buffer>;
  close(): Promise<void>;
}

const workers = 12;
/** How long somebody waits for an edge that says nothing more. */
const silenceMs = 60;
const noAccess = {
  serviceToken: async () => undefined,
  token: async () => ({ jwt: 'jwt', email: undefined, issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY }),
  reject: async () => {},
} as unknown as Access;

let context: tls.SecureContext;
let edges: Edge[];
let watch: ReturnType<typeof watchProcess>;
const folders: string[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ill-edge-'));
  folders.push(folder);
  const authority = await createAuthority('Edge');
  await writeFile(path.join(folder, 'ca.pem'), authority.certificate);
  trustAuthorities({ env: { SSL_CERT_FILE: path.join(folder, 'ca.pem') } });
  const { key, certificate } = await authority.issueServer(['localhost']);
  context = tls.createSecureContext({ key, cert: certificate });
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

beforeEach(async () => {
  edges = await Promise.all(Array.from({ length: workers }, startEdge));
  watch = watchProcess();
});
afterEach(async () => {
  for (const { network } of edges) network.reset();
  try {
    await watch.none();
    expect(edges.reduce((sum, { open }) => sum + open.size, 0)).toBe(0);
  } finally {
    watch.stop();
    await Promise.all(edges.map((edge) => edge.close()));
  }
});

async function startEdge(): Promise<Edge> {
  let behaviour: Behaviour = (client) => client.destroy();
  const open = new Set<net.Socket>();
  const all = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    open.add(client);
    all.add(client);
    client.once('close', () => all.delete(client));
    // Whoever has gone silent still goes when the other does.
    for (const sign of ['end', 'close']) client.once(sign, () => open.delete(client));
    client.on('error', () => {}).on('end', () => setImmediate(() => client.destroy()));
    behaviour(client);
    // An end shows only where it is read for.
    client.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const network = createNetwork({});
  const connector = createBuiltinConnector({ network, access: noAccess, hostname: `localhost:${port}` });
  return {
    behave: (next) => {
      behaviour = next;
    },
    network,
    open,
    async dial(how) {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), how === 'silence' ? silenceMs : 20_000);
      try {
        return await taken(await connector.dial({ signal: patience.signal }), patience.signal);
      } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of all) client.destroy();
      }),
  };
}

/** What comes through, while something is written too. Rejects with what breaks it. */
async function taken(stream: Duplex, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let failure: Error | undefined;
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const tired = () => stream.destroy();
  signal.addEventListener('abort', tired);
  if (signal.aborted) tired();
  stream
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .once('error', (error) => {
      failure = error;
    });
  stream.write('hello');
  await closed;
  if (failure !== undefined) throw failure;
  return Buffer.concat(chunks);
}

/** Speaks TLS; what it says goes out as far as `limit` bytes, then the connection ends so. */
function overTls(client: net.Socket, { limit = Number.POSITIVE_INFINITY, how = 'silence' as Ending } = {}) {
  const [near, far] = duplexPair();
  const secure = new tls.TLSSocket(near, { isServer: true, secureContext: context });
  secure.on('error', () => {});
  client.on('data', (chunk: Buffer) => far.write(chunk));
  client.once('close', () => {
    secure.destroy();
    far.destroy();
  });
  let said = 0;
  far.on('data', (chunk: Buffer) => {
    if (said > limit || client.destroyed || client.writableEnded) return;
    const part = chunk.subarray(0, limit - said);
    said += chunk.length;
    client.write(part, () => said > limit && endBy(client, how));
  });
  far.on('error', () => {});
  return { secure, said: () => said };
}

/** Answers the upgrade with these bytes, then does something with the connection. */
function answering(
  bytes: (key: string) => Buffer,
  then: (client: net.Socket, secure: tls.TLSSocket) => void,
): Behaviour {
  return (client) => {
    const { secure } = overTls(client);
    let asked = '';
    secure.on('data', (chunk: Buffer) => {
      const isNew = asked === '' || !asked.includes('\r\n\r\n');
      asked += chunk.toString('latin1');
      if (!isNew || !asked.includes('\r\n\r\n')) return;
      const key = /sec-websocket-key: (\S+)/i.exec(asked)?.[1] ?? '';
      secure.write(bytes(key));
      // Only after the bytes have passed both layers.
      setImmediate(() => setImmediate(() => then(client, secure)));
    });
  };
}

const acceptFor = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const upgraded = (key: string) =>
  Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
  );
const isReported = (result: AppError | Buffer) => {
  expect(result).toBeInstanceOf(AppError);
  expect((result as AppError).code).toMatch(/^(network-|answer-|edge-|origin-|access-|timeout|cancelled)/);
};

/** Has each case run on one of the edges. */
const onEdges = <T>(cases: readonly T[], run: (one: T, edge: Edge) => Promise<void>) =>
  runAll(
    cases,
    edges.map((edge) => (one: T) => run(one, edge)),
  );

describe('an edge that breaks off', () => {
  it('before it says a word is an error', async () => {
    const cases = Array.from({ length: 10 }, () => endings).flat();
    await onEdges(cases, async (how, edge) => {
      edge.behave((client) => endBy(client, how));
      isReported(await edge.dial(how));
    });
  });

  it('after each part of its first TLS flight is an error', async () => {
    let length = 0;
    const [first] = edges as [Edge];
    first.behave((client) => {
      const { secure, said } = overTls(client);
      secure.once('secure', () => {
        length = said();
        client.destroy();
      });
    });
    await first.dial();
    expect(length).toBeGreaterThan(500);
    await onEdges(cuts(length - 1), async ({ at, how }, edge) => {
      edge.behave((client) => void overTls(client, { limit: at, how }));
      isReported(await edge.dial(how));
    });
  });

  it('by each TLS alert, before and after its hello, is an error', async () => {
    const codes = [
      0, 10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 90, 109, 112, 116, 120,
    ];
    const cases = codes.flatMap((code) =>
      [0, 1, 130, 400].flatMap((after) => [1, 2].map((level) => ({ code, after, level }))),
    );
    await onEdges(cases, async ({ code, after, level }, edge) => {
      edge.behave((client) => {
        const alert = Buffer.from([21, 3, 3, 0, 2, level, code]);
        if (after === 0) client.once('data', () => client.end(alert));
        else {
          overTls(client, { limit: after });
          client.once('data', () => setTimeout(() => client.end(alert), 5));
        }
      });
      isReported(await edge.dial());
    });
  });

  it('at each byte of its answer to the upgrade is an error', async () => {
    const { length } = upgraded('x'.repeat(24));
    await onEdges(cuts(length - 1, 300), async ({ at, how }, edge) => {
      edge.behave(
        answering(
          (key) => upgraded(key).subarray(0, at),
          (client) => endBy(client, how),
        ),
      );
      isReported(await edge.dial(how));
    });
  });

  it('at each byte of its frames ends the connection', async () => {
    const frames = Buffer.concat([
      serverFrame(9, 'ping'),
      serverFrame(2, Buffer.alloc(300, 'a')),
      serverFrame(2, 'b', { fin: false }),
      serverFrame(10, ''),
      serverFrame(0, 'c'),
      serverFrame(8, Buffer.from([3, 232])),
    ]);
    const data = `${'a'.repeat(300)}bc`;
    await onEdges(cuts(frames.length, 40), async ({ at, how }, edge) => {
      edge.behave(
        answering(
          (key) => Buffer.concat([upgraded(key), frames.subarray(0, at)]),
          (client) => endBy(client, how),
        ),
      );
      const result = await edge.dial(how);
      if (how === 'silence' && result instanceof AppError) return;
      if (result instanceof AppError) expect(['edge-failed', 'network-unreachable']).toContain(result.code);
      else expect(data).toContain(String(result));
    });
  });
});

describe('an edge that answers otherwise', () => {
  const long = 'a: b\r\n'.repeat(4_000);
  const answers: Readonly<Record<string, string>> = {
    'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a number that is none': 'HTTP/1.1 abc Nope\r\n\r\n',
    'a number too large': 'HTTP/1.1 999999 Nope\r\n\r\n',
    'endless headers': `HTTP/1.1 101 Switching Protocols\r\n${long}`,
    'endless interim answers': 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'.repeat(500),
    'an interim answer that switches nothing': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'a wrong accept':
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: eA==\r\n\r\n',
    'no accept': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    'an upgrade that is none':
      'HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
    'a login':
      'HTTP/1.1 302 Found\r\nLocation: https://t.cloudflareaccess.com/cdn-cgi/access/login/x\r\nContent-Length: 0\r\n\r\n',
    'a redirect to nowhere': 'HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n',
    'no content': 'HTTP/1.1 204 No Content\r\n\r\n',
    'a body without end': 'HTTP/1.1 403 Forbidden\r\n\r\nx',
    'a body that is cut off': 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nx',
    'a chunk that is none': 'HTTP/1.1 503 Nope\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    'gzip that is none': 'HTTP/1.1 500 Oops\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc',
    'more than was said': 'HTTP/1.1 403 Forbidden\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n',
  };

  it('is an error, however it ends', async () => {
    const cases = Object.keys(answers).flatMap((name) => endings.map((how) => ({ name, how })));
    await onEdges(cases, async ({ name, how }, edge) => {
      edge.behave(
        answering(
          () => Buffer.from(answers[name] ?? ''),
          (client) => endBy(client, how),
        ),
      );
      isReported(await edge.dial(how));
    });
  });

  it('to an ordinary request settles it', async () => {
    const names = [
      'another protocol',
      'a number that is none',
      'endless interim answers',
      'a body that is cut off',
    ];
    const cases = names.flatMap((name) => endings.map((how) => ({ name, how })));
    await onEdges(cases, async ({ name, how }, edge) => {
      let url = new URL('https://localhost/');
      const answer = answering(
        () => Buffer.from(answers[name] ?? ''),
        (client) => endBy(client, how),
      );
      edge.behave((client) => {
        url = new URL(`https://localhost:${client.localPort}/`);
        client.destroy();
      });
      await edge.dial();
      edge.behave(answer);
      const work = edge.network.request(url, { timeoutMs: how === 'silence' ? silenceMs : 20_000 });
      await work.catch((error: AppError) => isReported(error));
    });
  });

  it.each([408, 425, 429, 500, 502, 520])(
    'with HTTP %i is tried again, and no reason to turn to cloudflared',
    async (status) => {
      const [edge] = edges as [Edge];
      edge.behave(
        answering(
          () => Buffer.from(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
          (_, secure) => secure.end(),
        ),
      );
      const result = await edge.dial();
      expect(result).toMatchObject({ retryable: true });
      expect(result).not.toBeInstanceOf(UnknownAnswer);
    },
  );

  it.each([
    [302, 'access-login-failed'],
    [403, 'access-denied'],
    [500, 'edge-failed'],
  ])('with HTTP %i and the address of a login is %s, although the token is new', async (status, code) => {
    const [edge] = edges as [Edge];
    const location = 'Location: https://t.cloudflareaccess.com/cdn-cgi/access/login/x';
    edge.behave(
      answering(
        () =>
          Buffer.from(
            `HTTP/1.1 ${status} No\r\n${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          ),
        (_, secure) => secure.end(),
      ),
    );
    expect(await edge.dial()).toMatchObject({ code });
  });

  it('after interim answers opens the tunnel', async () => {
    const [edge] = edges as [Edge];
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n';
    edge.behave(
      answering(
        (key) =>
          Buffer.concat([Buffer.from(interim), upgraded(key), serverFrame(2, 'here'), serverFrame(8, '')]),
        () => {},
      ),
    );
    expect(String(await edge.dial())).toBe('here');
  });
});

describe('a connection that is used again', () => {
  const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const urlOf = (client: net.Socket) => new URL(`https://localhost:${client.localPort}/`);

  /** Answers the first request of each connection, and does something else with the second. */
  const secondTime =
    (then: (client: net.Socket, secure: tls.TLSSocket) => void): Behaviour =>
    (client) => {
      const { secure } = overTls(client);
      let requests = 0;
      secure.on('data', () => {
        requests += 1;
        if (requests === 1) secure.write(hello);
        else then(client, secure);
      });
    };
  const portOf = (edge: Edge) => {
    let url: URL | undefined;
    const behave = edge.behave;
    return {
      async warm(behaviour: Behaviour, connections: number) {
        behave((client) => {
          url = urlOf(client);
          behaviour(client);
        });
        await edge.dial();
        if (url === undefined) throw new Error('nobody came');
        const to = url;
        await Promise.all(Array.from({ length: connections }, () => edge.network.request(to)));
        return to;
      },
    };
  };

  it.each(['reset', 'end'] as const)(
    'and that the edge closes at that moment, by %s, is replaced',
    async (how) => {
      const [edge] = edges as [Edge];
      const url = await portOf(edge).warm(
        secondTime((client) => endBy(client, how)),
        5,
      );
      const answers = await Promise.all(Array.from({ length: 5 }, () => edge.network.request(url)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    },
  );

  it('is not used again after the edge has said 408 on it', async () => {
    const [edge] = edges as [Edge];
    const late: (() => void)[] = [];
    const url = await portOf(edge).warm((client) => {
      const { secure } = overTls(client);
      secure.on('data', () => {
        secure.write(hello);
        late.push(() =>
          secure.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        );
      });
    }, 1);
    for (const say of late) say();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await edge.network.request(url)).status).toBe(200);
  });
});

describe('frames without sense', () => {
  it('end the stream or pass, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
            fc
              .record({
                code: fc.nat(15),
                fin: fc.boolean(),
                bits: fc.constantFrom(0, 0, 0, 16, 32, 64),
                size: fc.nat(200),
              })
              .map(({ code, size, ...how }) => serverFrame(code, randomBytes(size), how)),
          ),
          { maxLength: 10 },
        ),
        fc.constantFrom<'end' | 'destroy' | 'silence'>('end', 'destroy', 'silence'),
        fc.boolean(),
        async (pieces, how, asHead) => {
          const [ours, theirs] = duplexPair();
          // Nobody listens for its errors: that must not matter.
          const stream = new FrameStream(
            ours,
            asHead ? (pieces.shift() ?? Buffer.alloc(0)) : Buffer.alloc(0),
          );
          theirs.on('error', () => {}).resume();
          const closed = new Promise((resolve) => stream.once('close', resolve));
          stream.resume();
          for (const piece of pieces) if (!theirs.destroyed && !theirs.writableEnded) theirs.write(piece);
          if (how === 'end') theirs.end();
          else if (how === 'destroy') theirs.destroy();
          await new Promise((resolve) => setImmediate(resolve));
          if (how === 'silence') stream.destroy();
          await closed;
          theirs.destroy();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
