import { type FormEvent, useId, useRef } from 'react';
import { setupText } from './text.ts';

/** Asks for the organisation's public key, which verifies who made the configuration. */
export function KeyField({ onKey }: { readonly onKey: (key: string | undefined) => void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    onKey(key === '' ? undefined : key);
  };
  return (
    <form className="setup-key" onSubmit={submit}>
      <label htmlFor={id}>{setupText.key}</label>
      <input
        id={id}
        ref={field}
        className="field"
        type="text"
        maxLength={128}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        aria-describedby={`${id}-hint`}
      />
      <button type="submit" className="button">
        {setupText.checkKey}
      </button>
      <small id={`${id}-hint`}>{setupText.keyHint}</small>
    </form>
  );
}
