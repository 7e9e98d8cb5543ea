import type { Clock } from '../parts.ts';

/** Timers of a computer at work come a little late; one that comes later than this slept through it. */
const lateAfterMs = 5_000;
/** What is left to a user who wakes the computer: they may have answered just before it slept, or be about to. */
const afterSleepMs = 60_000;

/**
 * `clock.timer` for the time that a user has to answer: where it comes late because the computer slept, they get another
 * minute. Returns a function that cancels it.
 */
export function awakeTimer(clock: Clock, ms: number, run: () => void): () => void {
  const dueAt = clock.now() + ms;
  let cancel = clock.timer(ms, () => {
    if (clock.now() - dueAt <= lateAfterMs) run();
    else cancel = awakeTimer(clock, Math.min(ms, afterSleepMs), run);
  });
  return () => cancel();
}
