import { LoaderCircle } from 'lucide-react';
import type { LoginView } from '../../main/model/account.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { accountsText } from './text.ts';

/** A pending sign-in: a link to its page, its code if it has one, and cancel. */
export function Waiting({
  login,
  onCancel,
}: {
  /** Undefined until its page is known. */
  readonly login: LoginView | undefined;
  /** Undefined if another shell started it. */
  readonly onCancel: (() => void) | undefined;
}) {
  return (
    <div className="waiting">
      {login?.userCode !== undefined && (
        <p className="user-code">
          <code>{login.userCode}</code>
          <CopyButton label={accountsText.copyCode} value={login.userCode} />
        </p>
      )}
      {login !== undefined && (
        <small>{login.userCode === undefined ? accountsText.waiting.line : accountsText.codeLine}</small>
      )}
      <div className="actions">
        {login !== undefined && (
          <>
            <a className="button small" href={login.url} target="_blank" rel="noreferrer">
              {login.userCode === undefined ? accountsText.waiting.open : accountsText.openPage}
            </a>
            <CopyButton label={accountsText.waiting.copy} value={login.url}>
              {accountsText.waiting.copy}
            </CopyButton>
          </>
        )}
        {onCancel !== undefined && (
          <button type="button" className="button small" onClick={onCancel}>
            {accountsText.cancel}
          </button>
        )}
      </div>
    </div>
  );
}

/** A pending sign-in without an account, such as Access for a cluster. */
export function WaitingRow({ login }: { readonly login: LoginView }) {
  const { title, session = title } = login;
  return (
    <li className="account">
      <span className="state-mark" data-mark="busy">
        <LoaderCircle size={16} strokeWidth={1.9} aria-hidden />
      </span>
      <div className="account-text">
        <h3>{session}</h3>
        <p className="account-state">{waitingText(login)}</p>
      </div>
      <Waiting login={login} onCancel={undefined} />
    </li>
  );
}

export function waitingText({ userCode }: LoginView): string {
  return accountsText.states[userCode === undefined ? 'waiting' : 'code'];
}
