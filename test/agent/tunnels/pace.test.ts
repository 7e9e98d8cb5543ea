import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createPace, type Pace } from '../../../main/agent/tunnels/pace.ts';
import type { Failure, TunnelState } from '../../../main/model/tunnel-state.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

const connected: TunnelState = { status: 'connected', since: 1, probe: { at: 1, stages: [], totalMs: 3 } };
const failure: Failure = {
  stage: 'edge',
  mender: 'network',
  error: { code: 'edge-failed', message: 'It failed.', retryable: true },
};

let clock: SkippingClock;
let pace: Pace;
beforeEach(() => {
  clock = skippingClock({ isStill: true });
  let drawn = 0;
  // Evenly from 0 to 1, so that nothing is left to chance.
  pace = createPace(clock, () => (drawn++ % 100) / 100);
});

/** When each of `count` tunnels is due, in ms from now. */
const dueTimes = (count: number, state: TunnelState, turn: 'first' | 'regular' | 'catch-up') => {
  const start = clock.now();
  const due: number[] = [];
  for (let each = 0; each < count; each++) pace.next(state, turn, () => due.push(clock.now() - start));
  const timers = clock.pending();
  for (let passed = 0; passed < 60_000 && due.length < count; passed += 100) clock.skip(100);
  return { due, timers };
};

describe('the pace of probing', () => {
  it('lets 200 idle tunnels share a few timers while nobody looks, before servers close what is silent', () => {
    const { due, timers } = dueTimes(200, connected, 'regular');
    expect(timers).toBeLessThanOrEqual(4);
    expect(Math.min(...due)).toBeGreaterThanOrEqual(18_000);
    expect(Math.max(...due)).toBeLessThanOrEqual(28_500);
    // Each answer wakes the computer: no sooner than need be. A probe ends soon after the slot in which it began.
    clock.skip(4_000 - (clock.now() % 4_000) + 20);
    const next = dueTimes(200, connected, 'regular').due;
    expect(next.reduce((sum, ms) => sum + ms, 0) / next.length).toBeGreaterThan(26_000);
    expect(Math.max(...next)).toBeLessThanOrEqual(28_500);
  });

  it('spreads those that were opened together', () => {
    const { due } = dueTimes(200, connected, 'first');
    const seconds = due.map((ms) => Math.floor(ms / 4_000));
    const most = Math.max(...seconds.map((each) => seconds.filter((other) => other === each).length));
    expect(most).toBeLessThanOrEqual(60);
  });

  it('is quicker while somebody looks, and everything is looked at soon after they begin', () => {
    pace.watch(true);
    expect(Math.max(...dueTimes(200, connected, 'catch-up').due)).toBeLessThanOrEqual(3_700);
    expect(Math.max(...dueTimes(20, connected, 'regular').due)).toBeLessThanOrEqual(6_000);
    // Of many, some at a time: each result is drawn.
    const { due, timers } = dueTimes(200, connected, 'regular');
    expect(timers).toBeLessThanOrEqual(6);
    expect(Math.max(...due)).toBeLessThanOrEqual(11_000);
    expect(pace.retryMs(30_000)).toBe(5_000);
    expect(pace.retryMs(250)).toBe(250);
    pace.watch(false);
    expect(Math.min(...dueTimes(200, connected, 'regular').due)).toBeGreaterThanOrEqual(18_000);
    expect(pace.retryMs(30_000)).toBe(30_000);
  });

  it('keeps to the back-off of a tunnel that reconnects, and looks at a degraded one every five seconds', () => {
    const nextAt = clock.now() + 1_234;
    const state: TunnelState = { status: 'reconnecting', since: 1, attempt: 3, nextAt, failure };
    const [first] = dueTimes(1, state, 'regular').due;
    expect(first).toBeGreaterThanOrEqual(1_200);
    expect(first).toBeLessThanOrEqual(1_500);
    const [second] = dueTimes(1, { status: 'degraded', since: 1, failure }, 'regular').due;
    expect(second).toBeLessThanOrEqual(5_100);
  });

  it('lets all that wait for the edge try soon after one has reached it, spread, and each once for that', () => {
    const nextAt = clock.now() + 20_000;
    const state: TunnelState = { status: 'reconnecting', since: 1, attempt: 9, nextAt, failure };
    const due: number[] = [];
    for (let each = 0; each < 200; each++) pace.next(state, 'regular', () => due.push(clock.now()));
    clock.skip(1_000);
    const start = clock.now();
    pace.recovered();
    pace.recovered();
    expect(due).toEqual([]);
    for (let passed = 0; passed < 300; passed += 20) clock.skip(20);
    expect(due).toHaveLength(200);
    expect(Math.max(...due) - start).toBeLessThanOrEqual(400);
    // Not all at once.
    expect(new Set(due).size).toBeGreaterThan(5);
    // One that fails again has a cause of its own: it does not try more often than twice a second because of others.
    const again: number[] = [];
    pace.next(state, 'regular', () => again.push(clock.now()));
    pace.recovered();
    clock.skip(400);
    expect(again).toEqual([]);
    clock.skip(400);
    expect(again).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  it('does not hurry a tunnel that fails behind the edge, nor one whose wait was cancelled', () => {
    const nextAt = clock.now() + 20_000;
    const behind = { ...failure, stage: 'origin' } as const;
    const due = vi.fn();
    pace.next({ status: 'reconnecting', since: 1, attempt: 9, nextAt, failure: behind }, 'regular', due);
    pace.next({ status: 'reconnecting', since: 1, attempt: 9, nextAt, failure }, 'regular', due)();
    pace.recovered();
    clock.skip(10_000);
    expect(due).not.toHaveBeenCalled();
    clock.skip(10_000);
    expect(due).toHaveBeenCalledTimes(1);
  });

  it('leaves no timer when every wait is cancelled', () => {
    const cancels = Array.from({ length: 20 }, () => pace.next(connected, 'regular', () => {}));
    for (const cancel of cancels) cancel();
    for (const cancel of cancels) cancel();
    expect(clock.pending()).toBe(0);
  });

  it('opens 32 connections for probes at a time, and does not wait for one that the network holds up', async () => {
    let running = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 100 }, (_, index) =>
      pace.inTurn(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running -= 1;
        return index;
      }),
    );
    const flush = () => new Promise((resolve) => setTimeout(resolve, 0));
    await flush();
    expect(running).toBe(32);
    for (const end of ends.splice(0)) end();
    await flush();
    expect({ running, most }).toEqual({ running: 32, most: 32 });
    // These get no answer.
    clock.skip(300);
    await flush();
    expect(running).toBe(64);
    clock.skip(300);
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await flush();
    }
    expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await expect(pace.inTurn(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
