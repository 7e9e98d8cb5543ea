import { LoaderCircle } from 'lucide-react';
import type { LoginView } from '../../main/model/account.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { noticesText } from '../notices/text.ts';
import { accountsText } from './text.ts';

/** A sign-in that waits for the person: its page once more, the code where there is one, and the way out. */
export function Waiting({
  login,
  onCancel,
}: {
  /** Undefined until there is a page to go to. */
  readonly login: LoginView | undefined;
  /** Undefined where it was begun elsewhere. */
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
        <small>{login.userCode === undefined ? noticesText.login.line : accountsText.codeLine}</small>
      )}
      <div className="actions">
        {login !== undefined && (
          <>
            <a className="button small" href={login.url} target="_blank" rel="noreferrer">
              {login.userCode === undefined ? noticesText.login.open : accountsText.openPage}
            </a>
            <CopyButton label={noticesText.login.copy} value={login.url}>
              {noticesText.login.copy}
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

/** One that was begun elsewhere for what is no account yet: Access for a cluster, a tenant by the command line. */
export function WaitingRow({ login }: { readonly login: LoginView }) {
  const { title, session = title } = login;
  return (
    <li className="account">
      <span className="state-mark" data-mark="busy">
        <LoaderCircle size={16} strokeWidth={1.9} aria-hidden />
      </span>
      <div className="account-text">
        <h3>{session}</h3>
        <p className="account-state">{waitingWords(login)}</p>
      </div>
      <Waiting login={login} onCancel={undefined} />
    </li>
  );
}

export function waitingWords({ userCode }: LoginView): string {
  return accountsText.states[userCode === undefined ? 'waiting' : 'code'];
}
