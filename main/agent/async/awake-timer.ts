import type { Clock } from '../parts.ts';

/** Timers of a busy computer fire a little late. One that fires later than this slept. */
const lateAfterMs = 5_000;
/**
 * The time that remains for a user who wakes the computer: they may have answered just before it slept, or be about to.
 */
const afterSleepMs = 60_000;

/**
 * `clock.timer` for the time that a user has to answer: if it fires late because the computer slept, the user gets
 * another minute. Returns a function that cancels it.
 */
export function awakeTimer(clock: Clock, ms: number, run: () => void): () => void {
  const dueAt = clock.now() + ms;
  let cancel = clock.timer(ms, () => {
    if (clock.now() - dueAt <= lateAfterMs) run();
    else cancel = awakeTimer(clock, Math.min(ms, afterSleepMs), run);
  });
  return () => cancel();
}
