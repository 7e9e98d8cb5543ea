import { beforeEach, expect, it } from 'vitest';
import { startDeadline } from '../../../main/agent/tunnels/deadline.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

let clock: SkippingClock;
beforeEach(() => {
  clock = skippingClock({ isStill: true });
});
const never = new AbortController().signal;

it('aborts when the time is up, and not before', () => {
  const { signal, hasPassed } = startDeadline(clock, 2_000, never);
  for (let slice = 0; slice < 3; slice++) clock.skip(500);
  expect([signal.aborted, hasPassed()]).toEqual([false, false]);
  clock.skip(500);
  expect([signal.aborted, hasPassed(), clock.pending()]).toEqual([true, true, 0]);
});

it('does not take the sleep of the computer for the silence of the other side', () => {
  const { signal } = startDeadline(clock, 2_000, never);
  clock.skip(3_600_000);
  expect(signal.aborted).toBe(false);
  for (let slice = 0; slice < 3; slice++) clock.skip(500);
  expect(signal.aborted).toBe(true);
});

it('aborts with the signal that was given, which is no time that is up', () => {
  const given = new AbortController();
  const { signal, hasPassed } = startDeadline(clock, 2_000, given.signal);
  const reason = new Error('closing');
  given.abort(reason);
  expect([signal.reason, hasPassed(), clock.pending()]).toEqual([reason, false, 0]);
  expect(startDeadline(clock, 2_000, given.signal).signal.reason).toBe(reason);
});

it('does nothing more when it is cancelled', () => {
  const { signal, cancel } = startDeadline(clock, 2_000, never);
  cancel();
  for (let slice = 0; slice < 8; slice++) clock.skip(500);
  expect([signal.aborted, clock.pending()]).toEqual([false, 0]);
});
