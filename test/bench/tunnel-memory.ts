import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { startSoakAgent } from '../soak/agent.ts';
import { until } from '../soak/soak.ts';
import { Tally } from '../soak/tally.ts';
import { readTargets, type Target } from '../soak/target.ts';
import { Watch } from '../soak/watch.ts';
import { startSoakWorld } from '../soak/world.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { freePorts } from './free-ports.ts';
import type { Row } from './row.ts';

const few = 10;
const many = 50;
/** Processes of cloudflared: what one more of them takes does not depend on how many there are. */
const processes = 10;

/** What one more tunnel with an open stream takes, from 10 to 50 in one agent, beside one more process of cloudflared. */
export async function* tunnelMemory(): AsyncIterable<Row> {
  // cloudflared reaches tcp origins, which every second cluster has.
  const world = await startSoakWorld(2 * many);
  const agent = await startSoakAgent(world.env);
  const stop = new AbortController();
  const kids: ChildProcess[] = [];
  try {
    const names = world.names.filter((_, at) => at % 2 === 0);
    await agent.client.call('discover', {});
    const connect = async (clusters: readonly string[]) => {
      await agent.client.call('connect', { clusters: [...clusters], mode: 'add', production: true });
      const targets = await readTargets(world.env.KUBECONFIG ?? '');
      await stream(
        targets.filter(({ name }) => clusters.includes(name)),
        stop.signal,
      );
      // It counts what is held, not what waits to be collected.
      await agent.held();
      return proportionalMb(agent.pid);
    };
    const before = await connect(names.slice(0, few));
    const after = await connect(names.slice(few));
    const name = `memory of a further tunnel with a stream, ${few} to ${many}`;
    const ours = (after - before) / (many - few);
    const program = realCloudflared();
    if (program === undefined) {
      yield { name: `${name}: no cloudflared here`, unit: 'MB', ours };
      return;
    }
    const targets = await readTargets(world.env.KUBECONFIG ?? '');
    const ports = await freePorts(processes);
    const beside = ports.flatMap((port, at) => {
      const hostname = `${names[at]}.k8s.acme.example`;
      const args = ['access', 'tcp', '--hostname', hostname, '--url', `127.0.0.1:${port}`];
      kids.push(spawn(program, args, { env: world.env, stdio: 'ignore' }));
      const target = targets.find(({ name }) => name === names[at]);
      return target === undefined ? [] : [{ ...target, proxy: new URL(`tcp://127.0.0.1:${port}`) }];
    });
    await stream(beside, stop.signal);
    const each = await Promise.all(kids.map(({ pid }) => proportionalMb(pid ?? 0)));
    const figure = each.reduce((sum, one) => sum + one, 0) / processes;
    const reference = { name: 'a cloudflared process', figure };
    yield { name, unit: 'MB', ours, reference, goal: { atMost: 1 / 25 } };
  } finally {
    stop.abort(new Error('measured'));
    for (const kid of kids) kid.kill();
    await agent.stop();
    await world.close();
  }
}

/** Opens a watch to each, and resolves when lines come from all. */
async function stream(targets: readonly Target[], signal: AbortSignal): Promise<void> {
  const watches = targets.map((target) => new Watch(target, new Tally()));
  for (const watch of watches)
    void watch.run({ everyMs: 1_000, signal, patienceMs: () => Number.POSITIVE_INFINITY });
  if (!(await until(20_000, () => watches.every(({ lineAt }) => lineAt > 0))))
    throw new Error('a stream through a tunnel did not come to be');
}

/** Resident memory, that which is shared with other processes divided among them (`Pss`, proc(5)). */
async function proportionalMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return (Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) * 1024) / 1e6;
}
