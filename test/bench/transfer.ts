import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Wired } from '../agent/tunnels/carrier.ts';
import { order, payload, tcpHost } from '../world-tests/access-fixture.ts';
import { timed } from './row.ts';

/** Megabytes and connections a second, microseconds of an echo. */
export interface Figures {
  readonly down: number;
  readonly up: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** How many connections are opened at the same time. */
export const atOnce = 20;

/** One round over one connector: a download, an upload, echoes of 64 bytes, and short connections. */
export async function measure(
  one: Wired,
  options: { readonly bytes: number; readonly turns: number; readonly opened: number },
): Promise<Figures> {
  const { bytes, turns, opened } = options;
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
