import { type Duplex, duplexPair } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { withSpare } from '../../../main/agent/tunnels/spare.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const never = new AbortController().signal;
const flush = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a spare connection', () => {
  let clock: SkippingClock;
  let dialed: { ours: Duplex; theirs: Duplex; signal: AbortSignal }[];
  let drops: number;
  let spare: ReturnType<typeof withSpare>;
  beforeEach(() => {
    clock = skippingClock({ isStill: true });
    dialed = [];
    drops = 0;
    spare = withSpare({
      clock,
      dial: async (signal) => {
        const [ours, theirs] = duplexPair();
        dialed.push({ ours, theirs, signal });
        return ours;
      },
      onDropped: () => {
        drops += 1;
      },
    });
  });

  it('is made after use, handed out once, and passes bytes', async () => {
    expect(await spare.dial(never)).toBe(dialed[0]?.ours);
    await flush();
    expect(dialed).toHaveLength(2);
    const second = await spare.dial(never);
    expect(second).toBe(dialed[1]?.ours);
    await flush();
    expect(await spare.dial(never)).toBe(dialed[2]?.ours);
    const heard = new Promise((resolve) => second.once('data', resolve));
    dialed[1]?.theirs.write('hello');
    expect(String(await heard)).toBe('hello');
    expect(drops).toBe(0);
  });

  it('is given up after its life, and none is kept while nothing is used', async () => {
    await spare.dial(never);
    await flush();
    clock.skip(10_000);
    expect(dialed[1]?.ours.destroyed).toBe(true);
    await flush();
    expect({ dials: dialed.length, drops, timers: clock.pending() }).toEqual({
      dials: 2,
      drops: 0,
      timers: 0,
    });
    expect(await spare.dial(never)).toBe(dialed[2]?.ours);
  });

  it.each([
    ['ended', (theirs: Duplex) => theirs.end()],
    ['cut', (_: Duplex, ours: Duplex) => ours.destroy()],
    ['broken', (_: Duplex, ours: Duplex) => ours.destroy(new AppError('edge-failed', 'Dropped.'))],
  ])('that the other side has %s is told and never handed out', async (_, end) => {
    await spare.dial(never);
    await flush();
    const [, second] = dialed;
    if (second === undefined) throw new Error('no spare');
    end(second.theirs, second.ours);
    await flush();
    expect(drops).toBe(1);
    expect(second.ours.destroyed).toBe(true);
    expect(await spare.dial(never)).toBe(dialed[2]?.ours);
    expect(drops).toBe(1);
  });

  it('carries a client only once it has answered; else the next one does, which is made meanwhile', async () => {
    await spare.dial(never);
    await flush();
    const handed = await spare.dial(never);
    await flush();
    const [client, kubectl] = duplexPair();
    const settled = spare.settle(handed, client, () => {});
    kubectl.write(Buffer.of(0x16, 3, 1));
    await flush();
    clock.skip(250);
    await flush();
    const next = dialed[2];
    next?.theirs.write('server hello');
    expect(await settled).toBe(next?.ours);
    expect(handed.destroyed).toBe(true);
    await flush();
    // One was dialed for the first client, and a spare after each use.
    expect({ dials: dialed.length, drops }).toEqual({ dials: 4, drops: 1 });
  });

  it('decides nothing of a connection that was made for its client', async () => {
    const made = await spare.dial(never);
    const [client] = duplexPair();
    expect(await spare.settle(made, client, () => {})).toBe(made);
  });

  it('is closed at the end, also one that is being dialed', async () => {
    await spare.dial(never);
    spare.close();
    await flush();
    expect(dialed[1]?.signal.aborted).toBe(true);
    expect(dialed[1]?.ours.destroyed).toBe(true);
    expect({ drops, timers: clock.pending() }).toEqual({ drops: 0, timers: 0 });
  });

  it('is discarded on request without being called dropped', async () => {
    await spare.dial(never);
    await flush();
    spare.discard();
    await flush();
    expect(dialed[1]?.ours.destroyed).toBe(true);
    expect(drops).toBe(0);
  });
});
