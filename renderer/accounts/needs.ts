import type { Account } from '../../main/model/account.ts';
import { statusOf } from './account-state.ts';
import { accountsText } from './text.ts';

const hourMs = 3_600_000;

/**
 * Returns how soon an account needs its user, the lowest first: 0 for a session that is missing, 1 for one that ends
 * within an hour, 2 for an account that can be signed in to, 3 for a session that lasts.
 */
export function needOf(account: Account, now: number): 0 | 1 | 2 | 3 {
  const { endsAt, renews, needed } = account;
  switch (statusOf(account, now)) {
    case 'ended':
      return 0;
    case 'signed-out':
      return needed === true ? 0 : 2;
    case 'signed-in':
      return !renews && endsAt !== undefined && endsAt - now < hourMs ? 1 : 3;
  }
}

/** Returns whether every word is in what the page shows of an account. */
export function fits(account: Account, words: readonly string[]): boolean {
  const { provider, session, who = '', store, blocked = '' } = account;
  const all = [accountsText.providers[provider], session, who, store, blocked].join('\n').toLowerCase();
  return words.every((word) => all.includes(word));
}
