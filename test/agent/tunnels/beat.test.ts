import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createBeat } from '../../../main/agent/tunnels/beat.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('does not keep the process alive that it wakes', () => {
  vi.useRealTimers();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const stop = createBeat(1_000)(() => {});
  expect(timers()).toBe(before);
  stop();
});

it('has one timer for all, and none when nobody needs it', () => {
  const onBeat = createBeat(1_000);
  let runs = 0;
  const run = () => {
    runs += 1;
  };
  const stops = Array.from({ length: 200 }, () => onBeat(run));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2_000);
  expect(runs).toBe(400);
  stops[0]?.();
  stops[0]?.();
  vi.advanceTimersByTime(1_000);
  expect(runs).toBe(599);
  for (const stop of stops) stop();
  expect(vi.getTimerCount()).toBe(0);
  onBeat(run);
  vi.advanceTimersByTime(1_000);
  expect(runs).toBe(600);
});
