import { type FormEvent, useEffect, useId, useRef } from 'react';
import type { Account } from '../../main/model/account.ts';
import { accountsText } from './text.ts';

/** Asks for a username and a password, for a code of an MFA device, or for a token. Never stored in state: the field is cleared as soon as it is read. */
export function PasswordForm({
  session,
  asks,
  isBusy,
  onSubmit,
  onCancel,
}: {
  readonly session: string;
  readonly asks: Exclude<Account['asks'], 'browser' | 'nothing'>;
  readonly isBusy: boolean;
  readonly onSubmit: (password: { readonly username: string; readonly password: string }) => void;
  readonly onCancel: () => void;
}) {
  const isCode = asks === 'code';
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => (username.current ?? password.current)?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || password.current === null) return;
    // A code is one of the account's own device, and a token names its user.
    const typed = { username: username.current?.value ?? session, password: password.current.value };
    password.current.value = '';
    // Ready to type it again if it was wrong.
    password.current.focus();
    onSubmit(typed);
  };
  return (
    <form
      className="password-form"
      aria-label={accountsText.signInTo(session)}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // The first Escape closes the form; the next one leaves the page.
        event.preventDefault();
        onCancel();
      }}
    >
      {asks === 'password' && (
        <>
          <label htmlFor={`${id}-username`}>{accountsText.username}</label>
          <input
            id={`${id}-username`}
            ref={username}
            className="field"
            type="text"
            required
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
        </>
      )}
      <label htmlFor={`${id}-password`}>{accountsText[asks]}</label>
      <input
        id={`${id}-password`}
        ref={password}
        className="field"
        type={isCode ? 'text' : 'password'}
        inputMode={isCode ? 'numeric' : undefined}
        required
        autoComplete="off"
      />
      <div className="actions">
        <button type="submit" className="button small primary" aria-disabled={isBusy}>
          {accountsText.signIn}
        </button>
        <button type="button" className="button small" onClick={onCancel}>
          {accountsText.cancel}
        </button>
      </div>
    </form>
  );
}
