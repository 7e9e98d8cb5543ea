import type { Account } from '../../main/model/account.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { isInBrowser, missingSignIns } from '../../main/model/next-sign-in.ts';
import { statusOf } from '../accounts/account-state.ts';
import { accountsText } from '../accounts/text.ts';

/** The user's sessions at Access teams, clouds, Vault and OpenID Connect. */
export interface SessionFacts {
  /** Signed in. The session that ends first comes first; those that renew automatically come last. */
  readonly held: readonly Account[];
  /** Ended, and needed again. */
  readonly ended: readonly Account[];
  /** Needed, and never signed in to. Empty while another session is held. */
  readonly missing: readonly Account[];
}

/**
 * Combines the live Access sessions of the snapshot with the accounts, which the agent lists only when it is asked: one of
 * them may have ended since.
 */
export function sessionFacts(options: {
  readonly sessions: Snapshot['sessions'];
  readonly endedSessions: Snapshot['endedSessions'];
  /** Undefined until they were listed. */
  readonly accounts: readonly Account[] | undefined;
  readonly now: number;
}): SessionFacts {
  const { sessions, endedSessions = [], accounts = [], now } = options;
  const lasting = sessions.filter(({ endsAt }) => endsAt > now);
  const access = lasting.map(({ authDomain, email, endsAt }) => ofAccess(authDomain, email, { endsAt }));
  // A revoked session always needs the user; an expired one only if no other is valid.
  const over = endedSessions
    .filter(({ isRevoked }) => isRevoked || lasting.length === 0)
    .map(({ authDomain, email }) => ofAccess(authDomain, email, { status: 'ended' }));
  const isLive = new Set([...lasting, ...endedSessions].map(({ authDomain }) => authDomain));
  const others = accounts.filter(
    ({ provider, session, status }) =>
      provider !== 'access' || (status !== 'signed-in' && !isLive.has(session)),
  );
  const held = [...access, ...others.filter((one) => statusOf(one, now) === 'signed-in')].toSorted(
    (a, b) => endOf(a) - endOf(b),
  );
  const needed = missingSignIns(others);
  const hasEnded = ({ status }: Account) => status === 'ended';
  const expired = others.filter(
    (one) => one.ours && one.status === 'signed-in' && statusOf(one, now) === 'ended',
  );
  const missing = needed.filter((one) => !hasEnded(one));
  return {
    held,
    ended: [...over, ...needed.filter(hasEnded), ...expired],
    missing: held.length > 0 ? [] : missing,
  };
}

/** Returns when a session ends for the user; infinity if it renews or has no known end. */
export function endOf({ endsAt, renews }: Account): number {
  return renews || endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt;
}

/** `AWS acme`; an Access team by its domain. */
export function nameOf({ provider, session }: Account): string {
  return provider === 'access' ? session : `${accountsText.providers[provider]} ${session}`;
}

/** Returns true if one click can sign in to some of them: the others need a form. */
export function canSignIn(accounts: readonly Account[]): boolean {
  return accounts.some(({ asks }) => isInBrowser(asks));
}

function ofAccess(session: string, who: string | undefined, fields: Partial<Account>): Account {
  return {
    provider: 'access',
    session,
    ...(who === undefined ? {} : { who }),
    status: 'signed-in',
    renews: false,
    store: '',
    asks: 'browser',
    ours: true,
    ...fields,
  };
}
