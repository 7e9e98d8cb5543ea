import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Connector } from '../../main/agent/tunnels/connector.ts';
import { type Places, type Wired, wireCarrier } from '../agent/tunnels/carrier.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { order, payload, tcpHost } from '../world-tests/access-fixture.ts';
import { median, type Row, timed } from './row.ts';

const rounds = 5;
const size = 64 << 20;
const echoes = 500;
const connections = 200;
const atOnce = 20;
const furtherTunnels = 16;

type Name = 'builtin' | 'cloudflared' | 'direct';
const names: readonly Name[] = ['builtin', 'cloudflared', 'direct'];

interface Figures {
  readonly down: number;
  readonly up: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** Each connector through one edge to one origin with one payload, turn by turn in one run; `direct` is the floor. */
export async function* benchmark(): AsyncIterable<Row> {
  const program = realCloudflared();
  const other = program === undefined ? 'the double of cloudflared' : 'cloudflared';
  const script = path.join(import.meta.dirname, 'access-world.ts');
  const world = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: world.stdout }), 'line')) as [string];
  const places = JSON.parse(line) as Places;
  const wired = new Map<Name, Wired>();
  for (const name of names) {
    const carried = name === 'cloudflared' ? (program === undefined ? 'double' : 'real') : name;
    const one = await wireCarrier(places, { carried, program });
    wired.set(name, one);
    await one.login(tcpHost);
    await measure(one, 1 << 20, 20, atOnce);
  }
  const figures = new Map<Name, Figures[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, one] of wired) figures.get(name)?.push(await measure(one, size, echoes, connections));
  const of = (name: Name, key: keyof Figures) =>
    median((figures.get(name) ?? []).map((figure) => figure[key]));

  const cases: readonly (readonly [string, keyof Figures, Row['unit'], NonNullable<Row['goal']>])[] = [
    ['download, one connection', 'down', 'MB/s', { atLeast: 0.9 }],
    ['upload, one connection', 'up', 'MB/s', { atLeast: 0.9 }],
    ['echo of 64 bytes, p50', 'p50', 'us', { atMost: 1.1 }],
    ['echo of 64 bytes, p99', 'p99', 'us', { atMost: 1.1 }],
    [`new connections, ${atOnce} at once`, 'perSecond', 'per s', { atLeast: 0.9 }],
  ];
  for (const [title, key, unit, goal] of cases) {
    const ours = of('builtin', key);
    yield { name: title, unit, ours, reference: { name: other, figure: of('cloudflared', key) }, goal };
    yield { name: title, unit, ours, reference: { name: 'direct', figure: of('direct', key) } };
  }
  yield {
    name: 'memory of a further tunnel, one connection open',
    unit: 'MB',
    ours: await memory(wired.get('builtin')),
    reference: { name: other, figure: await memory(wired.get('cloudflared')) },
    goal: { atMost: 0.25 },
  };
  for (const one of wired.values()) await one.close();
  world.stdin.end();
  await once(world, 'close');
}

async function measure(one: Wired, bytes: number, turns: number, opened: number): Promise<Figures> {
  const dial = () => one.dial(tcpHost);
  const down = await timed(async () => {
    const stream = await dial();
    stream.write(order('d', bytes));
    let length = 0;
    for await (const chunk of stream) length += (chunk as Buffer).length;
    if (length !== bytes) throw new Error(`${length} bytes came of ${bytes}`);
  });
  const content = payload(bytes);
  const up = await timed(async () => {
    const stream = await dial();
    stream.write(order('u', bytes));
    stream.write(content);
    if ((await buffer(stream)).length !== 32) throw new Error('no digest came');
  });
  const stream = await dial();
  stream.write('e');
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) took.push(await timed(() => echo(stream)));
  stream.destroy();
  took.sort((a, b) => a - b);
  const at = (part: number) => (took[Math.floor(took.length * part)] ?? Number.NaN) * 1000;
  let left = opened;
  const connecting = await timed(() =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left > 0) {
          left -= 1;
          const short = await dial();
          short.write(order('d', 5));
          await buffer(short);
        }
      }),
    ),
  );
  const megabytes = bytes / 1e6;
  return {
    down: megabytes / (down / 1000),
    up: megabytes / (up / 1000),
    p50: at(0.5),
    p99: at(0.99),
    perSecond: opened / (connecting / 1000),
  };
}

const ping = Buffer.alloc(64, 7);

async function echo(stream: Duplex): Promise<void> {
  stream.write(ping);
  for (let length = 0; length < ping.length; ) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    length += chunk.length;
  }
}

/** What each of some further tunnels adds to this process and to those it starts, MB. */
async function memory(one: Wired | undefined): Promise<number> {
  if (one === undefined) return Number.NaN;
  const before = await residentOfAll();
  const tunnels: { readonly connector: Connector; readonly stream: Duplex }[] = [];
  for (let count = 0; count < furtherTunnels; count += 1) {
    const connector = one.another(tcpHost);
    const stream = await connector.dial({ signal: AbortSignal.timeout(10_000) });
    stream.write('e');
    await echo(stream);
    tunnels.push({ connector, stream });
  }
  const after = await residentOfAll();
  for (const { connector, stream } of tunnels) {
    stream.destroy();
    await connector.close?.();
  }
  return (after - before) / furtherTunnels;
}

async function residentOfAll(): Promise<number> {
  globalThis.gc?.();
  const task = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8').catch(() => '');
  const children = await Promise.all(
    task
      .split(' ')
      .filter(Boolean)
      .map(async (pid) => {
        const [command, status] = await Promise.all(
          ['cmdline', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
        );
        if (command?.includes('access-world') === true) return 0;
        return Number(/^VmRSS:\s+(\d+)/m.exec(status ?? '')?.[1] ?? 0) / 1000;
      }),
  );
  return process.memoryUsage().rss / 1e6 + children.reduce((sum, each) => sum + each, 0);
}
