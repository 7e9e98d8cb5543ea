import { compareConnectors } from './compared.ts';
import type { BenchOptions } from './options.ts';
import type { Row } from './row.ts';
import { atOnce, type Figures } from './transfer.ts';

/** Each connector through one edge to one origin with one payload, turn by turn in one run; `direct` is the floor. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const { of, other } = await compareConnectors(['builtin', 'cloudflared', 'direct'], small);
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
}
