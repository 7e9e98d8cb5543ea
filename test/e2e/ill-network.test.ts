import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { type Ending, endBy, endings, openSockets, runAll } from '../agent/tunnels/ill-peers.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

const sick = 'payments-staging-eu';
const well = 'search-staging';
const third = 'tools';
const hostOf = { [sick]: 'payments-staging.k8s.acme.example', [third]: 'tools.k8s.acme.example' } as const;

interface Entry {
  readonly port: number;
  readonly login: string;
  readonly host: string;
  readonly authority: string;
}

/** What comes from one host of the edge, and after how many bytes it ends so. */
let illness: { readonly host: string; next(): { readonly at: number; readonly how: Ending } } | undefined;
let front: net.Server;
let clients: Set<net.Socket>;
let world: World;
let commandLine: CommandLine;

beforeEach(async () => {
  world = await startWorld();
  illness = undefined;
  clients = new Set();
  const behind = Number(new URL(world.env.HTTPS_PROXY ?? '').port);
  front = net.createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client));
    const onward = net.connect({ port: behind, host: '127.0.0.1', noDelay: true });
    onward.on('error', () => {}).on('close', () => client.destroySoon());
    client.on('close', () => onward.destroy());
    client.pipe(onward);
    client.once('data', (first: Buffer) => {
      const ill = illness;
      if (ill === undefined || !String(first).startsWith(`CONNECT ${ill.host}:`)) {
        onward.pipe(client);
        return;
      }
      const { at, how } = ill.next();
      let passed = 0;
      onward.on('data', (chunk: Buffer) => {
        if (passed > at || client.destroyed || client.writableEnded) return;
        const part = chunk.subarray(0, at - passed);
        passed += chunk.length;
        client.write(part, () => passed > at && endBy(client, how));
      });
    });
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const { port } = front.address() as net.AddressInfo;
  commandLine = await createCommandLine(world, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
});
afterEach(async () => {
  await commandLine.stop();
  for (const client of clients) client.destroy();
  front.close();
  await world.close();
});

const snapshot = () => commandLine.tunnels<Output<'snapshot'>>('status');
const connect = async (cluster: string) => {
  const { results } = await commandLine.tunnels<Output<'connect'>>('connect', cluster, '--production');
  return results.map(({ status }) => status);
};

async function entryOf(cluster: string): Promise<Entry> {
  const file = parse(await readFile(commandLine.env.KUBECONFIG ?? '', 'utf8')) as {
    readonly clusters: readonly {
      readonly name: string;
      readonly cluster: Readonly<Record<string, string>>;
    }[];
  };
  const found = file.clusters.find(({ name }) => name === cluster)?.cluster;
  const { 'proxy-url': proxy = '', server = '', 'certificate-authority-data': data = '' } = found ?? {};
  const { port, username, password } = new URL(proxy);
  return {
    port: Number(port),
    login: `${username}:${decodeURIComponent(password)}`,
    host: new URL(server).hostname,
    authority: Buffer.from(data, 'base64').toString(),
  };
}

async function dial({ port }: Entry): Promise<net.Socket> {
  const client = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

const requestOf = ({ host, login }: Entry) =>
  Buffer.from(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${btoa(login)}\r\n\r\n`);

/** A TLS connection to the API server that stays; asks it something each time. */
async function staying(entry: Entry): Promise<() => Promise<string>> {
  const client = await dial(entry);
  client.write(requestOf(entry));
  await once(client, 'data');
  const secure = tls.connect({ socket: client, servername: entry.host, ca: entry.authority });
  await once(secure, 'secureConnect');
  return async () => {
    secure.write(`GET /readyz HTTP/1.1\r\nHost: ${entry.host}\r\n\r\n`);
    return String((await once(secure, 'data'))[0]);
  };
}

it('an edge that breaks off anywhere, and clients that do, cost one tunnel at most, and leave nothing', async () => {
  expect(await connect(well)).toEqual(['connected']);
  expect(await connect(sick)).toEqual(['connected']);
  const { agent } = await snapshot();
  const [sickEntry, wellEntry] = await Promise.all([entryOf(sick), entryOf(well)]);
  const ask = await staying(wellEntry);
  expect(await ask()).toContain('200');
  const before = openSockets(agent.pid);

  // What the edge sends from the first byte of TLS to those of a tunnel.
  const cuts = Array.from({ length: 60 }, (_, at) => at * 47).flatMap((at) =>
    endings.map((how) => ({ at, how })),
  );
  const left = [...cuts];
  illness = { host: hostOf[sick], next: () => left.pop() ?? { at: 0, how: 'reset' } };
  for (const client of clients) client.destroy();
  const through = async () => {
    const client = await dial(sickEntry);
    client.write(requestOf(sickEntry));
    const timer = setTimeout(() => client.destroy(), 1_500);
    await buffer(client).catch(() => {});
    clearTimeout(timer);
    client.destroy();
  };
  const again = await staying(wellEntry);
  await runAll(
    cuts,
    Array.from({ length: 24 }, () => through),
  );
  expect(left.length).toBeLessThan(cuts.length / 2);

  // Clients of the port that stop anywhere.
  const request = requestOf(wellEntry);
  const stops = Array.from(request, (_, at) => at).flatMap((at) => endings.map((how) => ({ at, how })));
  await runAll(
    stops,
    Array.from({ length: 24 }, () => async ({ at, how }: { at: number; how: Ending }) => {
      const client = await dial(wellEntry);
      client.write(request.subarray(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      endBy(client, how);
      setTimeout(() => client.destroy(), 20);
      await once(client, 'close');
    }),
  );

  expect(await again()).toContain('200');
  expect((await snapshot()).tunnels.find(({ cluster }) => cluster.endsWith(well))?.state.status).toBe(
    'connected',
  );

  illness = undefined;
  await vi.waitFor(
    async () => {
      const states = (await commandLine.snapshot()).tunnels.map(({ state }) => state.status);
      expect(states).toEqual(['connected', 'connected']);
    },
    { timeout: 45_000, interval: 500 },
  );
  expect((await snapshot()).agent).toMatchObject({ pid: agent.pid, startedAt: agent.startedAt });
  // Kept connections end by themselves, and so does a spare one.
  if (process.platform === 'linux')
    await vi.waitFor(() => expect(openSockets(agent.pid)).toBeLessThanOrEqual(before + 1), {
      timeout: 30_000,
      interval: 250,
    });
}, 150_000);

it('answers of Access that break off anywhere fail a connect, and the next one connects', async () => {
  expect(await connect(well)).toEqual(['connected']);
  const { agent } = await snapshot();
  const cases = [0, 300, 1_200, 1_900, 2_600].flatMap((at) =>
    (['reset', 'end'] as const).map((how) => ({ at, how })),
  );
  for (const one of cases) {
    illness = { host: hostOf[third], next: () => one };
    // The command ends with an error of the network, or connects where all of it had come.
    await commandLine.run('k8s-tunnels', ['connect', third, '--production', '--json']);
    await commandLine.run('k8s-tunnels', ['disconnect', third, '--json']);
  }
  illness = undefined;
  expect(await connect(third)).toEqual(['connected']);
  expect((await snapshot()).agent).toMatchObject({ pid: agent.pid, startedAt: agent.startedAt });
}, 150_000);
