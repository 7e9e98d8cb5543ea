import { TriangleAlert } from 'lucide-react';
import type { Account } from '../../main/model/account.ts';
import { useAccounts } from '../accounts/use-accounts.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { accountKey, isUnderWay } from '../agent/sign-ins.ts';
import { useMinute } from '../agent/use-minute.ts';
import { canSignIn, endOf, nameOf, type SessionFacts, sessionFacts } from './session-facts.ts';
import { footerText } from './text.ts';

/**
 * Shows the session that ended or ends first, whichever provider it is of, and signs in where that is needed. A click on
 * it opens the accounts.
 */
export function Sessions({
  offersSignIn,
  onAccounts,
}: {
  /** False if the page has a button for it. */
  readonly offersSignIn: boolean;
  readonly onAccounts: () => void;
}) {
  const facts = useSessionFacts();
  const { signInToAll } = useActions();
  const wanted = facts.ended.length > 0 ? facts.ended : facts.missing;
  const keys = wanted.map(accountKey);
  const isBusy = usePage(
    ({ isSigningIn, signIns }) => isSigningIn === true || keys.some((key) => isUnderWay(signIns.get(key))),
  );
  const failure = usePage(({ signIns }) =>
    keys.map((key) => signIns.get(key)).find((state) => state?.status === 'failed'),
  );
  const signIn = () => {
    if (canSignIn(wanted)) void signInToAll(new Set(keys));
    else onAccounts();
  };
  return (
    <>
      <button
        type="button"
        className="who"
        data-attention={facts.ended.length > 0 || failure !== undefined || undefined}
        title={titleOf(facts)}
        onClick={onAccounts}
      >
        {isBusy ? (
          <span className="left">{footerText.signingIn}</span>
        ) : failure !== undefined ? (
          <Ended words={footerText.signInFailed} of={wanted} />
        ) : facts.ended.length > 0 ? (
          <Ended words={footerText.ended(facts.ended.length)} of={facts.ended} />
        ) : (
          <Held held={facts.held} />
        )}
      </button>
      {offersSignIn && !isBusy && wanted.length > 0 && (
        <button type="button" className="button small" onClick={signIn}>
          {wanted.length > 1 ? footerText.signInToAll : footerText.signIn}
        </button>
      )}
    </>
  );
}

function Ended({ words, of }: { readonly words: string; readonly of: readonly Account[] }) {
  const [first, ...more] = of;
  return (
    <>
      <TriangleAlert size={14} aria-hidden />
      <span className="left">{words}</span>
      {first !== undefined && more.length === 0 && <span className="email">· {nameOf(first)}</span>}
    </>
  );
}

function Held({ held: [first, ...others] }: { readonly held: readonly Account[] }) {
  const now = useMinute();
  if (first === undefined) return footerText.signedOut;
  const who = first.who ?? others.find((one) => one.who !== undefined)?.who;
  const name = first.provider === 'access' ? (who ?? footerText.someone) : nameOf(first);
  const end = endOf(first);
  return (
    <>
      <span className="avatar" aria-hidden>
        {(who ?? name).charAt(0).toUpperCase()}
      </span>
      <span className="email">{name}</span>
      <span className="left">
        · {end === Number.POSITIVE_INFINITY ? footerText.lasts : footerText.session(end - now)}
        {others.length > 0 && ` ${footerText.others(others.length)}`}
      </span>
    </>
  );
}

/** Lists every session on a line of its own. */
function titleOf({ held, ended, missing }: SessionFacts): string {
  const now = Date.now();
  const named = (account: Account) => {
    const name = nameOf(account);
    return account.who === undefined ? name : `${name} (${account.who})`;
  };
  const lines = [
    ...ended.map((one) => footerText.endedOf(named(one))),
    ...missing.map((one) => footerText.missing(named(one))),
    ...held.map((one) =>
      endOf(one) === Number.POSITIVE_INFINITY
        ? footerText.lastsOf(named(one))
        : footerText.sessionLeft(named(one), endOf(one) - now),
    ),
  ];
  return lines.length === 0 ? footerText.signedOut : lines.join('\n');
}

function useSessionFacts(): SessionFacts {
  const sessions = useAgent((agent) => agent.sessions);
  const endedSessions = useAgent((agent) => agent.endedSessions);
  const { accounts } = useAccounts();
  const now = useMinute();
  return sessionFacts({ sessions, endedSessions, accounts, now });
}
