import { realCloudflared } from '../world/cloudflared/real.ts';
import { compareConnectors } from './compared.ts';
import { fleet } from './fleet.ts';
import type { BenchOptions } from './options.ts';
import type { Row } from './row.ts';
import { atOnce, type Figures } from './transfer.ts';
import { tunnelMemory } from './tunnel-memory.ts';

/**
 * What many tunnels cost and how fast they are, beside the real cloudflared where K8S_TUNNELS_CLOUDFLARED or PATH names it.
 * K8S_TUNNELS_BENCH_MINUTES is how long 200 tunnels are under load, 8 where it is not set.
 */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  yield* throughput(small);
  yield* tunnelMemory(small);
  const minutes = Number(process.env.K8S_TUNNELS_BENCH_MINUTES ?? 8);
  yield* fleet(
    small
      ? { count: 10, idleMs: 2_000, settleMs: 1_000, loadMs: 5_000, restarts: 1 }
      : { loadMs: minutes * 60_000 },
  );
}

async function* throughput(small: boolean): AsyncIterable<Row> {
  const cases: readonly (readonly [string, keyof Figures, Row['unit'], NonNullable<Row['goal']>])[] = [
    ['download, one connection', 'down', 'MB/s', { atLeast: 1.3 }],
    ['upload, one connection', 'up', 'MB/s', { atLeast: 1.2 }],
    ['echo of 64 bytes, p50', 'p50', 'us', { atMost: 0.7 }],
    ['echo of 64 bytes, p99', 'p99', 'us', { atMost: 0.5 }],
    [`new connections, ${atOnce} at once`, 'perSecond', 'per s', { atLeast: 2 }],
  ];
  const isThere = realCloudflared() !== undefined;
  const { of } = await compareConnectors(isThere ? ['builtin', 'cloudflared'] : ['builtin'], small);
  for (const [name, key, unit, goal] of cases) {
    const ours = of('builtin', key);
    yield isThere
      ? { name, unit, ours, reference: { name: 'cloudflared', figure: of('cloudflared', key) }, goal }
      : { name: `${name}: no cloudflared here`, unit, ours };
  }
}
