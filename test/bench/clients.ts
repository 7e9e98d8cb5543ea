import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import tls from 'node:tls';
import { promisify } from 'node:util';
import type { Output } from '../../main/api/contract.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';
import { type LocalProxy, localProxyOf } from './local-proxy.ts';
import type { BenchOptions } from './options.ts';
import { footprintOf } from './process-family.ts';
import { inTurn, median, type Row } from './row.ts';

const run = promisify(execFile);
const title = 'payments-staging-eu';
const name = 'payments-staging';

/** The entry forms beside each other, with the same client through the built product. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const world = await startWorld();
  const commandLine = await createCommandLine(world);
  try {
    await commandLine.tunnels('connect', title);
    yield* measure(world, commandLine, small);
  } finally {
    await commandLine.stop();
    await world.close();
  }
}

type Form = 'socks5' | 'connect' | 'tls';

async function* measure(world: World, commandLine: CommandLine, small: boolean): AsyncIterable<Row> {
  const { env, kubectl } = commandLine;
  if (kubectl === undefined) {
    console.error('clients: kubectl is not installed.');
    return;
  }
  const own = env.KUBECONFIG ?? '';
  const file = async (form: Form) => {
    await commandLine.tunnels('settings', 'entryForm', form);
    const scheme = { socks5: 'socks5://', connect: 'proxy-url: "http://', tls: 'https://127.0.0.1' }[form];
    for (;;) {
      const text = await readFile(own, 'utf8');
      if (text.includes(scheme)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const copies = new Map<Form, string>();
  // The form `tls` last: its secret ends when the entry has another form.
  for (const form of ['socks5', 'connect', 'tls'] as const) {
    const copy = `${own}.${form}`;
    await writeFile(copy, await file(form), { mode: 0o600 });
    copies.set(form, copy);
  }
  const ask = (form: Form, ...args: readonly string[]) =>
    run(kubectl, ['--kubeconfig', copies.get(form) ?? '', '--context', title, ...args], {
      env,
      maxBuffer: 1 << 28,
    });
  const works = (args: readonly string[]) => ({
    socks5: () => ask('socks5', ...args),
    connect: () => ask('connect', ...args),
    tls: () => ask('tls', ...args),
  });

  const version = await inTurn(works(['get', '--raw', '/version']), small ? 2 : 25);
  const socks = { name: 'the SOCKS5 entry', figure: version('socks5') };
  yield {
    name: '`kubectl get --raw /version`, HTTP CONNECT',
    unit: 'ms',
    ours: version('connect'),
    reference: socks,
    goal: { atMost: 1 },
  };
  yield {
    name: 'the same, TLS proxy',
    unit: 'ms',
    ours: version('tls'),
    reference: socks,
    goal: { atMost: 1.25 },
  };

  const pods = small ? 50 : 5_000;
  const api = world.api(name);
  for (let at = 0; at < pods; at += 1)
    api.addPod({ namespace: 'default', name: `many-${at}`, state: 'Pending' });
  const list = ['get', '--raw', '/api/v1/namespaces/default/pods'];
  const bytes = Buffer.byteLength((await ask('tls', ...list)).stdout) / 1e6;
  const took = await inTurn(works(list), small ? 1 : 7);
  yield {
    name: `a list of ${pods} pods (${bytes.toFixed(1)} MB), TLS proxy`,
    unit: 'MB/s',
    ours: bytes / (took('tls') / 1_000),
    reference: { name: 'the SOCKS5 entry', figure: bytes / (took('socks5') / 1_000) },
    goal: { atLeast: 0.8 },
  };

  const crowd = small ? 5 : 100;
  /** How many are answered in a second. On a busy machine some meet the limit of opening a connection. */
  const rates: Record<'socks5' | 'tls', number[]> = { socks5: [], tls: [] };
  for (let round = 0; round < (small ? 1 : 3); round += 1)
    for (const form of ['socks5', 'tls'] as const) {
      const start = performance.now();
      const all = Array.from({ length: crowd }, () => ask(form, 'get', '--raw', '/version'));
      const answered = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled');
      rates[form].push(answered.length / ((performance.now() - start) / 1_000));
    }
  yield {
    name: `${crowd} kubectl at once, TLS proxy`,
    unit: 'per s',
    ours: median(rates.tls),
    reference: { name: 'the SOCKS5 entry', figure: median(rates.socks5) },
    goal: { atLeast: 0.8 },
  };

  const { agent } = await commandLine.tunnels<Output<'snapshot'>>('status');
  const watches = small ? 20 : 200;
  for (const [how, open] of [
    ['each on a connection of its own', watchesOverHttp1],
    ['on one HTTP/2 connection', watchesOverHttp2],
  ] as const) {
    const target = await localProxyOf(copies.get('tls') ?? '');
    const looks: number[] = [];
    for (let round = 0; round < (small ? 1 : 3); round += 1) {
      const before = (await footprintOf(agent.pid)).pssMb;
      const close = await open(target, watches);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      looks.push(((await footprintOf(agent.pid)).pssMb - before) * 1_024);
      close();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    yield {
      name: `memory of an idle watch, of ${watches} ${how}`,
      unit: 'kB',
      // Later rounds find memory that the first one took.
      ours: Math.max(0, ...looks) / watches,
      reference: { name: 'the goal', figure: 100 },
      goal: { atMost: 1 },
    };
  }
}

const watchPath = '/api/v1/namespaces/default/configmaps?watch=true';

async function watchesOverHttp1({ port, ca, token }: LocalProxy, count: number): Promise<() => void> {
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<tls.TLSSocket>((resolve, reject) => {
          const socket = tls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] }, () =>
            socket.write(`GET ${watchPath} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`),
          );
          socket.once('data', () => resolve(socket)).on('error', reject);
        }),
    ),
  );
  return () => {
    for (const socket of sockets) socket.on('error', () => {}).destroy();
  };
}

async function watchesOverHttp2({ port, ca, token }: LocalProxy, count: number): Promise<() => void> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
  session.on('error', () => {});
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve, reject) => {
          const stream = session.request({ ':path': watchPath, authorization: `Bearer ${token}` });
          stream
            .once('response', () => resolve())
            .on('error', reject)
            .resume();
        }),
    ),
  );
  return () => session.destroy();
}
