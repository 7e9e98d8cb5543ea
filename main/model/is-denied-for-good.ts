import type { Policy } from './policy.ts';

/**
 * Returns true for a denial that only the organisation can change: Access denies the user, not the state of the user's
 * device.
 */
export function isDeniedForGood(policy: Policy): boolean {
  return policy.verdict === 'denied' && policy.reason === 'policy';
}
