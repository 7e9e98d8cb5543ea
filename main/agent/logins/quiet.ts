import type { Clock } from '../parts.ts';

/** Clients retry constantly: after a failed login they begin no new one for this long. */
const quietMs = 5 * 60_000;

/** Knows which logins clients must not begin now. */
export interface Quiet {
  holds(key: string): boolean;
  begin(key: string): void;
}

export function createQuiet(clock: Clock): Quiet {
  const since = new Map<string, number>();
  return {
    // A clock that was set back must not make anybody wait longer.
    holds: (key) => Math.abs(clock.now() - (since.get(key) ?? Number.NEGATIVE_INFINITY)) < quietMs,
    begin: (key) => void since.set(key, clock.now()),
  };
}
