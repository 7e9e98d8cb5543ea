import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Change } from '../../main/model/agent-view.ts';
import { footprintOf, type SoakAgent, startSoakAgent } from '../soak/agent.ts';
import { quantile, Report, recovers, type Soak, sleep } from '../soak/soak.ts';
import { readTargets } from '../soak/target.ts';
import { startTraffic } from '../soak/traffic.ts';
import { type SoakWorld, startSoakWorld } from '../soak/world.ts';
import type { Row } from './row.ts';

const edgeAwayMs = 5_000;

/** How many tunnels, for how long. */
export interface FleetSize {
  readonly loadMs: number;
  readonly count?: number;
  readonly idleMs?: number;
  /** Before the idle time, and after all are closed. */
  readonly settleMs?: number;
  readonly restarts?: number;
}

/** A figure beside what is asked of it. */
const asked = (figure: number) => ({ reference: { name: 'the goal', figure }, goal: { atMost: 1 } }) as const;

/** One agent with many tunnels (200 when not said otherwise): idle, under load for `loadMs`, with edge restarts, and after all are closed. */
export async function* fleet(size: FleetSize): AsyncIterable<Row> {
  const { count = 200 } = size;
  const world = await startSoakWorld(count);
  const agent = await startSoakAgent(world.env);
  try {
    yield* measure({ world, agent }, size);
  } finally {
    await agent.stop();
    await world.close();
  }
}

async function* measure(parts: { world: SoakWorld; agent: SoakAgent }, size: FleetSize): AsyncIterable<Row> {
  const { loadMs, count = 200, idleMs = 60_000, settleMs = 20_000, restarts = 3 } = size;
  const { world, agent } = parts;
  await agent.client.call('discover', {});
  const clusters = [...world.names];
  const idleCpuMs = (await agent.footprint()).cpuMs;
  const worldCpuMs = async () => (await footprintOf(world.child.pid ?? 0)).cpuMs;
  const idleWorldMs = await worldCpuMs();
  const from = performance.now();
  await agent.client.call('connect', { clusters, mode: 'add', production: true });
  yield {
    name: `connect ${count} at once`,
    unit: 's',
    ours: (performance.now() - from) / 1000,
    ...asked(1.5),
  };
  // One process plays all the others: it cannot take less time than that, whatever the agent does.
  yield {
    name: `connect ${count} at once: processor time of proxy, edge and API servers, which are one process`,
    unit: 's',
    ours: ((await worldCpuMs()) - idleWorldMs) / 1000,
  };
  // Says more than the time where others use the machine.
  yield {
    name: `connect ${count} at once: processor time of the agent, each`,
    unit: 'ms',
    ours: ((await agent.footprint()).cpuMs - idleCpuMs) / count,
  };

  await sleep(settleMs);
  const before = await agent.footprint();
  await sleep(idleMs);
  const after = await agent.footprint();
  const idle = `${count} tunnels, idle for ${idleMs / 1000} s`;
  const percent = ((after.cpuMs - before.cpuMs) / idleMs) * 100;
  yield { name: `${idle}: of a core`, unit: '%', ours: percent, ...asked(0.5) };
  const perSecond = (after.wakeUps - before.wakeUps) / (idleMs / 1000);
  yield { name: `${idle}: wake-ups`, unit: 'per s', ours: perSecond, ...asked(5) };

  const states = new States();
  await agent.client.subscribe((change) => states.hear(change));
  const traffic = startTraffic(await readTargets(world.env.KUBECONFIG ?? ''));
  const soak: Soak = { world, agent, traffic, report: new Report() };
  await recovers(soak, 60_000);
  await agent.delay();
  const idleLoop = startIdleLoop();
  await sleep(loadMs);
  const delay = (await agent.delay(false)) ?? Number.NaN;
  const idleDelay = await idleLoop();
  const minutes = `${loadMs / 60_000} minutes of load`;
  const { residentMb } = await agent.footprint();
  yield { name: `event loop delay under load, p99`, unit: 'ms', ours: delay, ...asked(15) };
  yield { name: 'the same of a Node that does nothing, at the same time', unit: 'ms', ours: idleDelay };
  yield { name: `resident memory after ${minutes}`, unit: 'MB', ours: residentMb, ...asked(250) };

  const back: number[] = [];
  const behind: number[] = [];
  for (let at = 0; at < restarts; at += 1) {
    const cutAt = Date.now();
    await world.ask('restartEdge', edgeAwayMs);
    const upAt = Date.now();
    await recovers(soak, 60_000);
    for (const { outages, target } of traffic.watches)
      for (const outage of outages.filter((one) => one.from >= cutAt)) {
        const backAt = outage.from + outage.ms;
        back.push(backAt - upAt);
        behind.push(states.lag(target.name, { cutAt, upAt, backAt }));
      }
    await sleep(5_000);
  }
  const streams = `streams back after an edge restart, p99 of ${back.length}, after the edge`;
  yield { name: streams, unit: 's', ours: quantile(back, 0.99) / 1000, ...asked(1) };
  yield {
    name: 'shown state behind the truth, p99',
    unit: 's',
    ours: quantile(behind, 0.99) / 1000,
    ...asked(2),
  };

  await traffic.stop();
  await agent.client.call('disconnect', { clusters: 'all' });
  await agent.client.call('forget', { clusters: 'all' });
  await sleep(1.5 * settleMs);
  const closed = (await agent.footprint()).residentMb;
  yield { name: 'resident memory after closing all', unit: 'MB', ours: closed, ...asked(150) };
}

/**
 * Starts a process that does nothing but measure its event loop's delay: how long the machine lets anybody wait. The
 * answer ends it, and resolves with the p99 in ms.
 */
function startIdleLoop(): () => Promise<number> {
  const script = `
    const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    process.stdin.resume().once('end', () => console.log(delay.percentile(99) / 1e6 - 10));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  return async () => {
    child.stdin.end();
    return Number(await text(child.stdout));
  };
}

/** When each tunnel was shown as up and as not up, by the cluster's name. */
class States {
  private readonly seen: { readonly name: string; readonly isUp: boolean; readonly at: number }[] = [];

  hear(change: Change): void {
    if (change.kind !== 'tunnel') return;
    const { cluster, state } = change.tunnel;
    this.seen.push({
      name: cluster.slice(cluster.lastIndexOf('/') + 1),
      isUp: state.status === 'connected',
      at: Date.now(),
    });
  }

  /** How long the shown state was wrong about one outage: after it began, or after a stream was back, the longer one. */
  lag(
    name: string,
    outage: { readonly cutAt: number; readonly upAt: number; readonly backAt: number },
  ): number {
    const { cutAt, upAt, backAt } = outage;
    const own = this.seen.filter((one) => one.name === name && one.at >= cutAt);
    const down = own.find(({ isUp }) => !isUp);
    // One that was never shown as down was wrong while the edge was away.
    if (down === undefined) return upAt - cutAt;
    const up = own.find((one) => one.isUp && one.at > down.at);
    return Math.max(down.at - cutAt, up === undefined ? 60_000 : up.at - backAt);
  }
}
