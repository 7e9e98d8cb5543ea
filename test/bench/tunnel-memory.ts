import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type SoakAgent, startSoakAgent } from '../soak/agent.ts';
import { sleep, until } from '../soak/soak.ts';
import { Tally } from '../soak/tally.ts';
import { readTargets, type Target } from '../soak/target.ts';
import { Watch } from '../soak/watch.ts';
import { type SoakWorld, startSoakWorld } from '../soak/world.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { freePorts } from './free-ports.ts';
import { median, type Row } from './row.ts';

/** Processes of cloudflared: what one more of them takes does not depend on how many there are. */
const processes = 10;

interface Size {
  readonly few: number;
  readonly many: number;
  readonly rounds: number;
}

/**
 * What one more tunnel with an open stream takes, from 10 to 50 in one agent, beside one more process of cloudflared:
 * in turn, each round with a new agent, and the median counts. One reading alone is smaller than what a garbage
 * collection gives back, and can be negative.
 */
export async function* tunnelMemory(small: boolean): AsyncIterable<Row> {
  const size: Size = small ? { few: 2, many: 6, rounds: 1 } : { few: 10, many: 50, rounds: 3 };
  const { few, many, rounds } = size;
  // cloudflared reaches tcp origins, which every second cluster has.
  const world = await startSoakWorld(2 * Math.max(many, processes));
  const program = realCloudflared();
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const agent = await startSoakAgent(world.env);
      const stop = new AbortController();
      try {
        ours.push(await furtherTunnel({ agent, world, size, signal: stop.signal }));
        if (program !== undefined) theirs.push(await furtherProcess({ program, world, signal: stop.signal }));
      } finally {
        stop.abort(new Error('measured'));
        await agent.client.call('disconnect', { clusters: 'all' }).catch(() => {});
        await agent.stop();
      }
    }
  } finally {
    await world.close();
  }
  const name = `memory of a further tunnel with a stream, ${few} to ${many}, median of ${rounds}`;
  if (theirs.length === 0) yield { name: `${name}: no cloudflared here`, unit: 'MB', ours: median(ours) };
  else
    yield {
      name,
      unit: 'MB',
      ours: median(ours),
      reference: { name: 'a cloudflared process', figure: median(theirs) },
      goal: { atMost: 1 / 25 },
    };
}

/** MB that one more tunnel takes in an agent that has `few`. */
async function furtherTunnel(parts: {
  readonly agent: SoakAgent;
  readonly world: SoakWorld;
  readonly size: Size;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { agent, world, size, signal } = parts;
  const { few, many } = size;
  const names = tcpNames(world).slice(0, many);
  await agent.client.call('discover', {});
  const connect = async (clusters: readonly string[]) => {
    await agent.client.call('connect', { clusters: [...clusters], mode: 'add', production: true });
    const targets = await readTargets(world.env.KUBECONFIG ?? '');
    await stream(
      targets.filter(({ name }) => clusters.includes(name)),
      signal,
    );
    return settledMb(agent);
  };
  const before = await connect(names.slice(0, few));
  const after = await connect(names.slice(few));
  return (after - before) / (many - few);
}

/** MB that a process of cloudflared takes with one stream. */
async function furtherProcess(parts: {
  readonly program: string;
  readonly world: SoakWorld;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { program, world, signal } = parts;
  const names = tcpNames(world);
  const kids: ChildProcess[] = [];
  try {
    const targets = await readTargets(world.env.KUBECONFIG ?? '');
    const ports = await freePorts(processes);
    const beside = ports.flatMap((port, at) => {
      const hostname = `${names[at]}.k8s.acme.example`;
      const args = ['access', 'tcp', '--hostname', hostname, '--url', `127.0.0.1:${port}`];
      kids.push(spawn(program, args, { env: world.env, stdio: 'ignore' }));
      const target = targets.find(({ name }) => name === names[at]);
      return target === undefined ? [] : [{ ...target, proxy: new URL(`tcp://127.0.0.1:${port}`) }];
    });
    await stream(beside, signal);
    const each = await Promise.all(kids.map(({ pid }) => proportionalMb(pid ?? 0)));
    return each.reduce((sum, one) => sum + one, 0) / each.length;
  } finally {
    for (const kid of kids) kid.kill();
  }
}

const tcpNames = ({ names }: SoakWorld) => names.filter((_, at) => at % 2 === 0);

/** What the agent holds once collections give nothing back any more: the least of five looks after one each. */
async function settledMb(agent: SoakAgent): Promise<number> {
  const looks: number[] = [];
  for (let at = 0; at < 5; at += 1) {
    // It collects what is garbage before it counts.
    await agent.held();
    looks.push(await proportionalMb(agent.pid));
    await sleep(400);
  }
  return Math.min(...looks);
}

/** Opens a watch to each, and resolves when lines come from all. */
async function stream(targets: readonly Target[], signal: AbortSignal): Promise<void> {
  const watches = targets.map((target) => new Watch(target, new Tally()));
  for (const watch of watches)
    void watch.run({ everyMs: 1_000, signal, patienceMs: () => Number.POSITIVE_INFINITY });
  if (!(await until(60_000, () => watches.every(({ lineAt }) => lineAt > 0))))
    throw new Error('no line came through a tunnel');
}

/** Resident memory, that which is shared with other processes divided among them (`Pss`, proc(5)). */
async function proportionalMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return (Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) * 1024) / 1e6;
}
