import type { LoginView } from '../../main/agent/logins/account.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { text } from '../text/text.ts';

const words = text.accounts;

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
          <CopyButton label={words.copyCode} value={login.userCode} />
        </p>
      )}
      {login !== undefined && (
        <small>{login.userCode === undefined ? text.login.line : words.codeLine}</small>
      )}
      <div className="actions">
        {login !== undefined && (
          <>
            <a className="button small" href={login.url} target="_blank" rel="noreferrer">
              {login.userCode === undefined ? text.login.open : words.openPage}
            </a>
            <CopyButton label={text.login.copy} value={login.url}>
              {text.login.copy}
            </CopyButton>
          </>
        )}
        {onCancel !== undefined && (
          <button type="button" className="button small" onClick={onCancel}>
            {words.cancel}
          </button>
        )}
      </div>
    </div>
  );
}
