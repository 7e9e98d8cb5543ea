import type { Clock } from '../parts.ts';

/** Clients try again and again: after a sign-in that came to nothing, none is begun by them for so long. */
const quietMs = 5 * 60_000;

/** Which sign-ins clients may not begin now. */
export interface Quiet {
  holds(key: string): boolean;
  begin(key: string): void;
}

export function createQuiet(clock: Clock): Quiet {
  const until = new Map<string, number>();
  return {
    holds: (key) => clock.now() < (until.get(key) ?? 0),
    begin: (key) => void until.set(key, clock.now() + quietMs),
  };
}
