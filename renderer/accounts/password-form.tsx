import { type FormEvent, useEffect, useId, useRef } from 'react';
import { accountsText } from './text.ts';

/** Asks for a username and a password. Never stored in state: the field is cleared as soon as it is read. */
export function PasswordForm({
  session,
  isBusy,
  onSubmit,
  onCancel,
}: {
  readonly session: string;
  readonly isBusy: boolean;
  readonly onSubmit: (password: { readonly username: string; readonly password: string }) => void;
  readonly onCancel: () => void;
}) {
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => username.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || username.current === null || password.current === null) return;
    const typed = { username: username.current.value, password: password.current.value };
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
      <label htmlFor={`${id}-password`}>{accountsText.password}</label>
      <input
        id={`${id}-password`}
        ref={password}
        className="field"
        type="password"
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
