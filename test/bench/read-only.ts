import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { scalePlan } from '../world/scale-plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { KeptConnection, localProxyOf } from './local-proxy.ts';
import type { BenchOptions } from './options.ts';
import { inTurn, median, percentile, type Row, timed } from './row.ts';

const title = 'payments-staging-eu';
const name = 'payments-staging';
const pods = '/api/v1/namespaces/default/pods';

/** What a read-only kubeconfig and the audit cost, beside a TLS proxy without rules and audit; and a comparison of many. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  yield* inWorld(await startWorld(), (world, commandLine) => rulesAndAudit(world, commandLine, small));
  const clusters = small ? 4 : 50;
  const plan = scalePlan({ accounts: 2, regions: 2, clusters, served: clusters });
  yield* inWorld(await startWorld({ plan }), (world, commandLine) => comparison(world, commandLine, small));
}

async function* inWorld(
  world: World,
  measure: (world: World, commandLine: CommandLine) => AsyncIterable<Row>,
): AsyncIterable<Row> {
  const commandLine = await createCommandLine(world);
  try {
    yield* measure(world, commandLine);
  } finally {
    await commandLine.stop();
    await world.close();
  }
}

async function* rulesAndAudit(world: World, commandLine: CommandLine, small: boolean): AsyncIterable<Row> {
  await commandLine.tunnels('connect', title);
  const open = async (kind: string, ...flags: readonly string[]) => {
    const file = `${commandLine.env.KUBECONFIG}.${kind}`;
    await commandLine.tunnels('kubeconfig', title, '--for', file, ...flags);
    return localProxyOf(file);
  };
  const plain = await open('plain');
  const limited = await open('read-only', '--read-only');
  const audit = (isOn: boolean) => commandLine.tunnels('settings', 'audit', String(isOn));
  const bare = new KeptConnection(plain);
  const held = new KeptConnection(limited);
  /** The median of `times` answers on one connection, ms. */
  const answers = async (kept: KeptConnection, path: string, times: number) => {
    const took: number[] = [];
    for (let at = 0; at < times; at += 1) took.push(await timed(() => kept.get(path)));
    return median(took);
  };
  const works = (path: string, times: number) => ({
    bare: async () => {
      await audit(false);
      await kept(bare);
      return answers(bare, path, times);
    },
    held: async () => {
      await audit(true);
      await kept(held);
      return answers(held, path, times);
    },
  });
  /** Not the first answer after a change of settings counts. */
  const kept = (connection: KeptConnection) => connection.get('/version');

  const get = await inTurn(works('/version', small ? 20 : 500), small ? 1 : 15);
  const reference = 'without rules and audit';
  yield {
    name: 'get, p50 of a kept connection, with rules and audit',
    unit: 'us',
    ours: get('held') * 1_000,
    reference: { name: reference, figure: get('bare') * 1_000 },
    goal: { atMost: 1.05 },
  };

  const count = small ? 50 : 5_000;
  const api = world.api(name);
  for (let at = 0; at < count; at += 1)
    api.addPod({ namespace: 'default', name: `many-${at}`, state: 'Pending' });
  const megabytes = (await held.get(pods)) / 1e6;
  const list = await inTurn(works(pods, 1), small ? 1 : 15);
  yield {
    name: `a list of ${count} pods (${megabytes.toFixed(1)} MB), with rules and audit`,
    unit: 'MB/s',
    ours: megabytes / (list('held') / 1_000),
    reference: { name: reference, figure: megabytes / (list('bare') / 1_000) },
    goal: { atLeast: 0.95 },
  };

  const events = small ? 5 : 200;
  const seen = [new Map<string, number>(), new Map<string, number>()] as const;
  const watches = [new KeptConnection(plain), new KeptConnection(limited)];
  const path = '/api/v1/namespaces?watch=true';
  // Both hear of the same events; each is opened first in half of them, since who is written to first is ahead.
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const closes: (() => void)[] = [];
    for (const at of order) {
      await audit(at === 1);
      const hear = (line: string) => {
        const found = /"name":"(event-[01]-\d+)"/.exec(line)?.[1];
        if (found !== undefined && !seen[at].has(found)) seen[at].set(found, performance.now());
      };
      closes.push(await (watches[at] as KeptConnection).watch(path, hear));
    }
    for (let event = 0; event < events / 2; event += 1) {
      api.addNamespace(`event-${order[0]}-${event}`);
      await sleep(20);
    }
    for (const close of closes) close();
  }
  const later = [...seen[0]].flatMap(([event, at]) => {
    const own = seen[1].get(event);
    return own === undefined ? [] : [own - at];
  });
  yield {
    name: `watch, ${later.length} events: later than ${reference}, median`,
    unit: 'ms',
    ours: Math.max(0, median(later)),
    reference: { name: 'the goal', figure: 1 },
    goal: { atMost: 1 },
  };
  yield { name: 'the same, p95', unit: 'ms', ours: percentile(later, 0.95) };
  for (const one of [bare, held, ...watches]) one.close();
}

async function* comparison(world: World, commandLine: CommandLine, small: boolean): AsyncIterable<Row> {
  const { clusters } = await commandLine.tunnels<{ clusters: { title: string }[] }>('list');
  const titles = clusters.map((cluster) => cluster.title);
  const [slowest = '', second = ''] = titles;
  // As one on another continent.
  world.traffic.inject({ service: 'kube', scope: slowest, does: { kind: 'latency', ms: 1_000 } });
  const compare = (...some: readonly string[]) =>
    commandLine.tunnels('compare', '--production', ...some).then((result) => {
      const { clusters: columns } = result as { clusters: { title: string; error?: { message: string } }[] };
      for (const { title, error } of columns)
        if (error !== undefined) throw new Error(`${title}: ${error.message}`);
    });
  const took = await inTurn(
    { all: () => compare(...titles), slowest: () => compare(slowest, second) },
    small ? 1 : 5,
  );
  yield {
    name: `compare of ${titles.length} clusters, one of which waits 1 s before each answer`,
    unit: 's',
    ours: took('all') / 1_000,
    reference: { name: 'the slowest and one other', figure: took('slowest') / 1_000 },
    goal: { atMost: 1.5 },
  };
}
