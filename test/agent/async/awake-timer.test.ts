import { expect, it, vi } from 'vitest';
import { awakeTimer } from '../../../main/agent/async/awake-timer.ts';
import { heldClock } from '../catalog/clusters.ts';

const minute = 60_000;

it('runs when its time has come', () => {
  const clock = heldClock(0);
  const run = vi.fn();
  awakeTimer(clock, 5 * minute, run);
  clock.advance(5 * minute - 1);
  expect(run).not.toHaveBeenCalled();
  clock.advance(1);
  expect(run).toHaveBeenCalledOnce();
});

it('gives another minute after each sleep, and can be cancelled then', () => {
  const clock = heldClock(0);
  const run = vi.fn();
  const cancel = awakeTimer(clock, 5 * minute, run);
  awakeTimer(clock, 5 * minute, run);
  for (let sleeps = 0; sleeps < 3; sleeps++) clock.advance(600 * minute);
  expect(run).not.toHaveBeenCalled();
  cancel();
  clock.advance(minute);
  expect(run).toHaveBeenCalledOnce();
});
