import { CircleCheck, CircleDashed, LoaderCircle, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Account, LoginView } from '../../main/model/account.ts';
import { isInBrowser } from '../../main/model/next-sign-in.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { accountKey, isOwn, isUnderWay, type OwnAccount } from '../agent/sign-ins.ts';
import { stateOf, statusOf } from './account-state.ts';
import { PasswordForm } from './password-form.tsx';
import { accountsText } from './text.ts';
import { Waiting, waitingText } from './waiting.tsx';

const marks = {
  'signed-in': { icon: CircleCheck, mark: 'connected' },
  ended: { icon: TriangleAlert, mark: 'degraded' },
  'signed-out': { icon: CircleDashed, mark: 'off' },
  busy: { icon: LoaderCircle, mark: 'busy' },
} as const;

/** Shows one account: user, expiry and storage; ours also have buttons to sign in and out. */
export function AccountRow({
  account,
  login,
  now,
}: {
  readonly account: Account;
  /** Its pending sign-in, from whichever shell. */
  readonly login: LoginView | undefined;
  readonly now: number;
}) {
  const asked = usePage(({ signIns }) => (isOwn(account) ? signIns.get(accountKey(account)) : undefined));
  const { session, who, store } = account;
  const status = statusOf(account, now);
  const isSigningIn = asked?.status === 'signing-in' || login !== undefined;
  const shown = isSigningIn || isUnderWay(asked) ? 'busy' : status;
  const { icon: Icon, mark } = marks[shown];
  const state = isSigningIn
    ? login === undefined
      ? accountsText.states.signingIn
      : waitingText(login)
    : asked?.status === 'signing-out'
      ? accountsText.states.signingOut
      : stateOf(account, now);
  return (
    <li className="account">
      <span className="state-mark" data-mark={mark}>
        <Icon size={16} strokeWidth={1.9} aria-hidden />
      </span>
      <div className="account-text">
        <h3>{session}</h3>
        {/* Screen readers announce changes with the session's name. */}
        <p className="account-state" data-status={shown} role="status" aria-atomic>
          <span className="for-screen-readers">{session}: </span>
          {who !== undefined && !isSigningIn && <span>{who} · </span>}
          {state}
        </p>
        {account.status !== 'signed-out' && (
          <small title={store}>
            {isOwn(account) ? accountsText.storedIn(store) : accountsText.foreign(store)}
          </small>
        )}
        {account.blocked !== undefined && status !== 'signed-in' && (
          <small className="account-blocked">{account.blocked}</small>
        )}
        {account.allowed !== undefined && <small>{accountsText.allowed(account.allowed)}</small>}
      </div>
      {isOwn(account) && (account.blocked === undefined || status === 'signed-in') && (
        <AccountControls account={account} login={login} isSignedIn={status === 'signed-in'} />
      )}
      {asked?.status === 'failed' && (
        <p className="failure" role="alert">
          {accountsText.failed[asked.to]}: {asked.error.message} {asked.error.hint}
        </p>
      )}
    </li>
  );
}

/** Buttons to sign in and out, and what a pending sign-in asks for. */
export function AccountControls({
  account,
  login,
  isSignedIn,
}: {
  readonly account: OwnAccount;
  readonly login: LoginView | undefined;
  readonly isSignedIn: boolean;
}) {
  const actions = useActions();
  const asked = usePage(({ signIns }) => signIns.get(accountKey(account)));
  const [isAsking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const isBegun = asked?.status === 'signing-in';
  const isWaiting = login !== undefined || (isBegun && !isAsking);
  const isBusy = isUnderWay(asked) || login !== undefined;
  const isOpen = isAsking || isWaiting;
  useEffect(() => {
    if (isAsking && isSignedIn) setAsking(false);
  }, [isAsking, isSignedIn]);
  // The focused element was removed with the form or the finished sign-in.
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen && document.activeElement === document.body) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const cancel = isBegun ? () => actions.cancelSignIn(account) : undefined;
  const press = () => {
    if (isBusy) return;
    if (isSignedIn) void actions.signOut(account);
    else if (!isInBrowser(account.asks)) setAsking(true);
    else void actions.signIn(account);
  };
  return (
    <>
      {!isAsking && (
        <button
          type="button"
          className="button small"
          ref={button}
          aria-label={(isSignedIn ? accountsText.signOutOf : accountsText.signInTo)(account.session)}
          aria-disabled={isBusy}
          onClick={press}
        >
          {isSignedIn ? accountsText.signOut : accountsText.signIn}
        </button>
      )}
      {isWaiting && <Waiting login={login} onCancel={cancel} />}
      {isAsking && !isInBrowser(account.asks) && (
        <PasswordForm
          session={account.session}
          asks={account.asks}
          isBusy={isBusy}
          onSubmit={(password) => void actions.signIn(account, password)}
          onCancel={() => {
            cancel?.();
            setAsking(false);
          }}
        />
      )}
    </>
  );
}
