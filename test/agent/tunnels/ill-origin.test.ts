import { once } from 'node:events';
import net from 'node:net';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import type { Connector } from '../../../main/agent/tunnels/connector.ts';
import { createDirectConnector } from '../../../main/agent/tunnels/direct-connector.ts';
import { createPace } from '../../../main/agent/tunnels/pace.ts';
import { uncheckedPeers } from '../../../main/agent/tunnels/peers/peers.ts';
import type { Ports } from '../../../main/agent/tunnels/ports.ts';
import { createTunnel, type Tunnel } from '../../../main/agent/tunnels/tunnel.ts';
import { createUnproven } from '../../../main/agent/tunnels/unproven.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { createAuthority } from '../../world/authority.ts';
import { cuts, type Ending, endBy, endings, runAll, watchProcess } from './ill-peers.ts';

/** What an origin does with a connection that it has just accepted. */
type Behaviour = (client: net.Socket) => void;

interface Origin {
  behave(behaviour: Behaviour): void;
  /** Opens a tunnel to it, by SOCKS or not, and closes it again: what became of it. An origin that is silent is left. */
  open(origin: 'socks' | 'tcp', how?: Ending): Promise<TunnelState>;
  close(): Promise<void>;
}

const workers = 12;
const silenceMs = 60;
const host = 'api.cluster.example';

let authority: string;
let context: tls.SecureContext;
let origins: Origin[];
let watch: ReturnType<typeof watchProcess>;

beforeAll(async () => {
  const made = await createAuthority('Cluster');
  authority = made.certificate;
  const { key, certificate } = await made.issueServer([host]);
  context = tls.createSecureContext({ key, cert: certificate });
});
beforeEach(async () => {
  origins = await Promise.all(Array.from({ length: workers }, startOrigin));
  watch = watchProcess();
});
afterEach(async () => {
  try {
    await watch.none();
  } finally {
    watch.stop();
    await Promise.all(origins.map((origin) => origin.close()));
  }
});

async function startOrigin(): Promise<Origin> {
  let behaviour: Behaviour = (client) => client.destroy();
  const all = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    all.add(client);
    client.on('error', () => {}).once('close', () => all.delete(client));
    client.on('end', () => setImmediate(() => client.destroy()));
    behaviour(client);
    client.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const direct = createDirectConnector({ host: '127.0.0.1', port });
  const connector: Connector = { ...direct, kind: () => 'builtin' };
  return {
    behave: (next) => {
      behaviour = next;
    },
    async open(origin, how) {
      const tunnel = tunnelTo(connector, origin);
      const opened = tunnel.open({ interactive: false, persist: false });
      const timer = setTimeout(() => void tunnel.close(), how === 'silence' ? silenceMs : 20_000);
      const state = await opened;
      clearTimeout(timer);
      await tunnel.close();
      return state;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of all) client.destroy();
      }),
  };
}

function tunnelTo(connector: Connector, origin: 'socks' | 'tcp'): Tunnel {
  const local = { port: 0, credentials: { user: 'u', password: 'p' } };
  const ports: Ports = {
    assign: async () => local,
    known: () => local,
    rotate: async () => local,
    move: async () => local,
  };
  return createTunnel({
    id: 'eks/1/eu/fuzz' as ClusterId,
    clock: systemClock,
    logger: silentLogger,
    ports,
    pace: createPace(systemClock),
    way: { connector, origin, server: { target: { host, port: 443 }, authority, serverName: undefined } },
    onDemand: async () => {},
    onChange: () => {},
    peers: uncheckedPeers,
    unproven: createUnproven(),
    onRefused: async () => {},
    onMoved: () => {},
  });
}

const onOrigins = <T>(cases: readonly T[], run: (one: T, origin: Origin) => Promise<void>) =>
  runAll(
    cases,
    origins.map((origin) => (one: T) => run(one, origin)),
  );
const isFailed = (state: TunnelState, stages: readonly string[], how: Ending) => {
  if (how === 'silence' && !('failure' in state)) return;
  expect(state).toMatchObject({ status: 'failed' });
  if (how !== 'silence' && 'failure' in state) expect(stages).toContain(state.failure.stage);
};

const socksAnswer = Buffer.from([5, 0, 5, 0, 0, 3, 3, 97, 98, 99, 1, 187]);
const afterRequest = (client: net.Socket, then: () => void) => client.once('data', then);

it('SOCKS5 answers that break off at each byte fail the tunnel', async () => {
  await onOrigins(cuts(socksAnswer.length - 1), async ({ at, how }, origin) => {
    origin.behave((client) =>
      afterRequest(client, () => client.write(socksAnswer.subarray(0, at), () => endBy(client, how))),
    );
    // What a connector tells of a reset is its own; this one tells the system's word.
    isFailed(await origin.open('socks', how), how === 'reset' ? ['origin', 'edge'] : ['origin'], how);
  });
});

it('SOCKS5 answers of every value fail the tunnel', async () => {
  const cases = [0, 1, 2, 3, 5].flatMap((at) =>
    Array.from({ length: 256 }, (_, value) => ({ at, value })).filter(
      ({ value }) => value !== socksAnswer[at] && (at !== 5 || ![1, 3, 4].includes(value)),
    ),
  );
  await onOrigins(cases, async ({ at, value }, origin) => {
    const bytes = Buffer.from(socksAnswer);
    bytes[at] = value;
    origin.behave((client) => afterRequest(client, () => client.end(bytes)));
    isFailed(await origin.open('socks'), ['origin', 'tls'], 'end');
  });
});

/** An API server whose TLS goes out as far as `limit` bytes. */
function api(client: net.Socket, { limit = Number.POSITIVE_INFINITY, how = 'silence' as Ending } = {}) {
  const [near, far] = duplexPair();
  const secure = new tls.TLSSocket(near, {
    isServer: true,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
  });
  secure.on('error', () => {});
  client.on('data', (chunk: Buffer) => far.write(chunk));
  client.once('close', () => {
    secure.destroy();
    far.destroy();
  });
  let said = 0;
  far
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      if (said > limit || client.destroyed || client.writableEnded) return;
      const part = chunk.subarray(0, limit - said);
      said += chunk.length;
      client.write(part, () => said > limit && endBy(client, how));
    });
  return { secure, said: () => said };
}

it('a TLS hello that breaks off at each part fails the tunnel', async () => {
  let length = 0;
  const [first] = origins as [Origin];
  first.behave((client) => {
    const { secure, said } = api(client);
    secure.once('secure', () => {
      length = said();
      client.destroy();
    });
  });
  await first.open('tcp');
  expect(length).toBeGreaterThan(500);
  await onOrigins(cuts(length - 1), async ({ at, how }, origin) => {
    origin.behave((client) => void api(client, { limit: at, how }));
    isFailed(await origin.open('tcp', how), ['origin', 'tls'], how);
  });
});

const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';

it('an answer to /readyz that breaks off at each byte of its headers fails the tunnel', async () => {
  const head = answer.indexOf('\r\n\r\n') + 4;
  await onOrigins(cuts(head - 1), async ({ at, how }, origin) => {
    origin.behave((client) => {
      const { secure } = api(client);
      secure.once('data', () => {
        secure.write(answer.slice(0, at));
        setImmediate(() => setImmediate(() => endBy(client, how)));
      });
    });
    isFailed(await origin.open('tcp', how), ['origin', 'tls', 'readyz'], how);
  });
});

const answers: Readonly<Record<string, string>> = {
  'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a status without a line': 'HTTP/1.1 ',
  'a time-out': 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  'an interim answer': 'HTTP/1.1 100 Continue\r\n\r\n',
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
  'a chunk that is none': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'endless headers': `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`,
  'an endless body': `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(200_000)}`,
  'two answers': `${answer}${answer}`,
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
};

it('other answers to /readyz have a state each, and leave nothing', async () => {
  const cases = Object.keys(answers).flatMap((name) => endings.map((how) => ({ name, how })));
  await onOrigins(cases, async ({ name, how }, origin) => {
    origin.behave((client) => {
      const { secure } = api(client);
      secure.once('data', () => {
        secure.write(answers[name] ?? '');
        setImmediate(() => setImmediate(() => endBy(client, how)));
      });
    });
    const state = await origin.open('tcp', how);
    expect(['connected', 'failed', 'idle', 'connecting', 'closing']).toContain(state.status);
  });
});

it('an API server that works connects after all of that', async () => {
  const [origin] = origins as [Origin];
  origin.behave((client) => {
    const { secure } = api(client);
    secure.once('data', () => secure.end(answer));
  });
  expect(await origin.open('tcp')).toMatchObject({ status: 'connected' });
});
