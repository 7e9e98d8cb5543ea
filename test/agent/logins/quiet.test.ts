import { expect, it } from 'vitest';
import { createQuiet } from '../../../main/agent/logins/quiet.ts';
import { heldClock } from '../catalog/clusters.ts';

const minute = 60_000;

it('holds one sign-in for five minutes, and no other', () => {
  const clock = heldClock(1_000_000_000);
  const quiet = createQuiet(clock);
  quiet.begin('access');
  expect([quiet.holds('access'), quiet.holds('vault')]).toEqual([true, false]);
  clock.advance(5 * minute - 1);
  expect(quiet.holds('access')).toBe(true);
  clock.advance(1);
  expect(quiet.holds('access')).toBe(false);
});

it('does not hold for a day where the clock is set back by one', () => {
  let back = 0;
  const held = heldClock(1_000_000_000);
  const quiet = createQuiet({ ...held, now: () => held.now() - back });
  quiet.begin('access');
  back = 24 * 60 * minute;
  expect(quiet.holds('access')).toBe(false);
});
