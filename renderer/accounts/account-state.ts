import type { Account } from '../../main/model/account.ts';
import { ago, momentOf } from '../text/times.ts';
import { accountsText } from './text.ts';

/** Returns the status at `now`: a session may expire while it is shown. */
export function statusOf({ status, endsAt, renews }: Account, now: number): Account['status'] {
  return status === 'signed-in' && !renews && endsAt !== undefined && endsAt <= now ? 'ended' : status;
}

/** `signed in until 17:30`. */
export function stateOf(account: Account, now: number): string {
  const { endsAt, renews } = account;
  const words = accountsText.states;
  switch (statusOf(account, now)) {
    case 'signed-out':
      return words.signedOut;
    case 'ended':
      return endsAt === undefined || endsAt > now ? words.ended : words.endedAt(ago(now - endsAt));
    case 'signed-in':
      if (renews) return words.renews;
      return endsAt === undefined ? words.signedIn : words.signedInUntil(momentOf(endsAt, now));
  }
}
