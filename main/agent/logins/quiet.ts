import type { Clock } from '../parts.ts';

/** Clients try again and again: after a sign-in that came to nothing, none is begun by them for so long. */
const quietMs = 5 * 60_000;

/** Which sign-ins clients may not begin now. */
export interface Quiet {
  holds(key: string): boolean;
  begin(key: string): void;
}

export function createQuiet(clock: Clock): Quiet {
  const since = new Map<string, number>();
  return {
    // A clock that was set back makes nobody wait for longer.
    holds: (key) => Math.abs(clock.now() - (since.get(key) ?? Number.NEGATIVE_INFINITY)) < quietMs,
    begin: (key) => void since.set(key, clock.now()),
  };
}
