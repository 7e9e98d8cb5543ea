import { type FormEvent, useEffect, useRef, useState } from 'react';
import { toPlainError } from '../../main/model/app-error.ts';
import { useActions } from '../agent/page.tsx';
import { CheckedField } from '../controls/checked-field.tsx';
import type { Asked } from '../links/link-preview.tsx';
import { firstRunText } from './text.ts';

/** 32 bytes in base64, in either alphabet. */
const keyForm = /^[A-Za-z0-9+/_-]{43}=?$/;

type State =
  | { readonly kind: 'idle' | 'reading' }
  | { readonly kind: 'wrong'; readonly field: 'address' | 'key'; readonly why: string };

/** Asks for the set-up link of an organisation. Shows a preview before anything changes. */
export function Address({ onAsk }: { readonly onAsk: (asked: Asked) => void }) {
  const actions = useActions();
  const address = useRef<HTMLInputElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const reading = useRef<AbortController>(undefined);
  const [state, setState] = useState<State>({ kind: 'idle' });
  useEffect(() => () => reading.current?.abort(), []);
  const again = () => {
    reading.current?.abort();
    setState({ kind: 'idle' });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const source = address.current?.value.trim() ?? '';
    const given = key.current?.value.trim() ?? '';
    if (source === '') return address.current?.focus();
    if (given !== '' && !keyForm.test(given)) {
      setState({ kind: 'wrong', field: 'key', why: firstRunText.noKey });
      return key.current?.focus();
    }
    // Parse a link as strictly as one that was opened; with a key, the agent parses it and verifies the signature.
    if (/^k8s-tunnels:/i.test(source) && given === '') return onAsk({ kind: 'link', link: source });
    const from = { source, ...(given === '' ? {} : { key: given }) };
    reading.current?.abort();
    const abort = new AbortController();
    reading.current = abort;
    setState({ kind: 'reading' });
    try {
      const preview = await actions.previewSetup(from, abort.signal);
      if (abort.signal.aborted) return;
      setState({ kind: 'idle' });
      onAsk({ kind: 'setup', ...from, preview });
    } catch (error) {
      if (abort.signal.aborted) return;
      const { code, message, hint = '' } = toPlainError(error);
      const field = given !== '' && code === 'organisation-refused' ? 'key' : 'address';
      setState({ kind: 'wrong', field, why: `${message} ${hint}`.trim() });
      (field === 'key' ? key : address).current?.focus();
    }
  };
  const wrongIn = (field: 'address' | 'key') =>
    state.kind === 'wrong' && state.field === field ? state.why : undefined;
  return (
    <form className="first-run-address" onSubmit={(event) => void submit(event)}>
      <CheckedField
        label={firstRunText.address}
        field={address}
        example={firstRunText.addressExample}
        wrong={wrongIn('address')}
        isAddress
        onInput={again}
      />
      <CheckedField
        label={firstRunText.key}
        field={key}
        example={firstRunText.keyExample}
        wrong={wrongIn('key')}
        maxLength={128}
        onInput={again}
      />
      <button type="submit" className="button" aria-disabled={state.kind === 'reading'}>
        {state.kind === 'reading' ? firstRunText.looking : firstRunText.look}
      </button>
    </form>
  );
}
