import { describe, expect, test } from 'vitest';
import type { Account } from '../../../main/model/account.ts';
import { needsSignIn } from '../../../main/model/needs-sign-in.ts';
import { stateOf, statusOf } from '../../../renderer/accounts/account-state.ts';
import { anAccount } from '../shown.ts';

const now = new Date(2030, 0, 3, 9, 0).getTime();
const at = (day: number, hour: number, minute: number) => new Date(2030, 0, day, hour, minute).getTime();
const words = (fields: Partial<Account>) => stateOf(anAccount('acme', fields), now);

describe('the state of an account in words', () => {
  test.each([
    [{ status: 'signed-out' }, 'signed out'],
    [{ status: 'signed-in' }, 'signed in'],
    [{ status: 'signed-in', endsAt: at(3, 17, 30) }, 'signed in until 17:30'],
    [{ status: 'signed-in', endsAt: at(4, 7, 5) }, 'signed in until Fri 4 Jan, 07:05'],
    [{ status: 'signed-in', endsAt: at(3, 17, 30), renews: true }, 'signed in, renews automatically'],
    [{ status: 'ended' }, 'ended'],
    [{ status: 'ended', endsAt: at(3, 6, 0) }, 'ended 3 hr ago'],
    // Revoked before its time.
    [{ status: 'ended', endsAt: at(3, 17, 30) }, 'ended'],
    // It was read before it ended.
    [{ status: 'signed-in', endsAt: at(3, 8, 55) }, 'ended 5 min ago'],
    [{ status: 'signed-in', endsAt: at(3, 8, 55), renews: true }, 'signed in, renews automatically'],
  ] as const)('of %j is %j', (fields, said) => {
    expect(words(fields)).toBe(said);
  });

  test('one that ends while it is looked at can be signed in to again', () => {
    const account = anAccount('acme', { endsAt: at(3, 9, 0) });
    expect(statusOf(account, now - 1)).toBe('signed-in');
    expect(statusOf(account, now)).toBe('ended');
  });
});

test('a sign-in mends sessions that ended, not what is denied', () => {
  expect(needsSignIn({ code: 'vault-no-token' })).toBe(true);
  expect(needsSignIn({ code: 'aws-session-expired' })).toBe(true);
  expect(needsSignIn({ code: 'aws-denied' })).toBe(false);
});
