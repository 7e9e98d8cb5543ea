import { duration } from './wording.ts';

const minuteMs = 60_000;

/** `1h 5m`: how long until a time, in whole minutes, never less than one. Both are ms since the epoch. */
export function timeLeft(until: number, now: number): string {
  return duration(Math.max(1, Math.ceil((until - now) / minuteMs)) * minuteMs);
}
