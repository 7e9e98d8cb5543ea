import { duration } from './wording.ts';

const minuteMs = 60_000;

/** Formats the time until `until` in whole minutes, at least one: `1h 5m`. Both are ms since the epoch. */
export function timeLeft(until: number, now: number): string {
  return duration(Math.max(1, Math.ceil((until - now) / minuteMs)) * minuteMs);
}
