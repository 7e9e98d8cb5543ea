import { type ReactNode, useEffect, useId, useState } from 'react';
import { toPlainError } from '../../main/agent/app-error.ts';
import type { Settings } from '../../main/agent/settings/settings.ts';
import { useActions } from '../agent/page.tsx';
import { Switch } from '../controls/switch.tsx';
import { text } from '../text/text.ts';

type Words = readonly [title: string, hint: string];

function Setting({
  words: [title, hint],
  id,
  failure,
  children,
  isWide = false,
}: {
  readonly words: Words;
  readonly id?: string;
  readonly failure?: string | undefined;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}) {
  return (
    <div className="setting" data-wide={isWide || undefined}>
      <label htmlFor={id}>{title}</label>
      {children}
      <small>{hint}</small>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {text.settings.unchanged}: {failure}
        </small>
      )}
    </div>
  );
}

/** Saves one setting; what is wrong with it is told beside it. */
function useSave(): { readonly failure: string | undefined; save(patch: Partial<Settings>): void } {
  const { saveSettings } = useActions();
  const [failure, setFailure] = useState<string>();
  return {
    failure,
    save(patch) {
      saveSettings(patch).then(
        () => setFailure(undefined),
        (error: unknown) => setFailure(toPlainError(error).message),
      );
    },
  };
}

export function SwitchSetting({
  words,
  isOn,
  patch,
}: {
  readonly words: Words;
  readonly isOn: boolean;
  readonly patch: (on: boolean) => Partial<Settings>;
}) {
  const { failure, save } = useSave();
  return (
    <Setting words={words} failure={failure}>
      <Switch label={words[0]} isOn={isOn} onChange={(on) => save(patch(on))} />
    </Setting>
  );
}

export function ChoiceSetting<V extends string>({
  words,
  value,
  options,
  patch,
}: {
  readonly words: Words;
  readonly value: V;
  readonly options: Readonly<Record<V, string>>;
  readonly patch: (value: V) => Partial<Settings>;
}) {
  const { failure, save } = useSave();
  const id = useId();
  return (
    <Setting words={words} id={id} failure={failure}>
      <select
        id={id}
        className="select"
        value={value}
        onChange={(event) => save(patch(event.target.value as V))}
      >
        {(Object.keys(options) as V[]).map((one) => (
          <option key={one} value={one}>
            {options[one]}
          </option>
        ))}
      </select>
    </Setting>
  );
}

/** A line of text, saved with Enter or when it is left. `patch` answers undefined for what it cannot read. */
export function TextSetting({
  words,
  value,
  isShort = false,
  placeholder,
  patch,
}: {
  readonly words: Words;
  readonly value: string;
  readonly isShort?: boolean;
  readonly placeholder?: string;
  readonly patch: (value: string) => Partial<Settings>;
}) {
  const { failure, save } = useSave();
  const [draft, setDraft] = useState(value);
  const id = useId();
  useEffect(() => setDraft(value), [value]);
  const commit = () => {
    if (draft !== value) save(patch(draft.trim()));
  };
  return (
    <Setting words={words} id={id} failure={failure} isWide={!isShort}>
      <input
        id={id}
        className={isShort ? 'field short' : 'field'}
        type="text"
        value={draft}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={failure !== undefined}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          else if (event.key === 'Escape' && draft !== value) {
            setDraft(value);
            // It takes back what was typed; only the next one leaves the page.
            event.preventDefault();
          }
        }}
      />
    </Setting>
  );
}
