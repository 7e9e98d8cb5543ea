import type { Parts } from './agent.ts';
import { withSafeTimers } from './async/safe-timers.ts';
import { withKnownNames } from './callers/variable-names.ts';

/** Returns the parts as the whole agent uses them: with timers that cannot end it, and variables by their known names. */
export function ownParts(given: Parts): Parts {
  const { env, clock, logger } = given;
  return { ...given, env: withKnownNames(env), clock: withSafeTimers(clock, logger) };
}
