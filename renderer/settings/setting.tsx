import { Lock } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { toPlainError } from '../../main/model/app-error.ts';
import type { SettingName, Settings } from '../../main/model/settings.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { Switch } from '../controls/switch.tsx';
import { settingsText } from './text.ts';

type Words = readonly [title: string, hint: string];

function Setting({
  name,
  words: [title, hint],
  id,
  failure,
  onReset,
  children,
  isWide = false,
}: {
  readonly name: SettingName;
  readonly words: Words;
  readonly id?: string;
  readonly failure?: string | undefined;
  readonly onReset: () => void;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}) {
  const from = useAgent(({ settingsFrom }) => settingsFrom[name]);
  return (
    <div className="setting" data-wide={isWide || undefined}>
      <span className="setting-title">
        <label htmlFor={id}>{title}</label>
        <SettingOrigin name={name} />
        {from === 'user' && (
          <button
            type="button"
            className="link-button"
            aria-label={settingsText.resetFor(title)}
            onClick={onReset}
          >
            {settingsText.reset}
          </button>
        )}
      </span>
      {children}
      <small>{hint}</small>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {settingsText.unchanged}: {failure}
        </small>
      )}
    </div>
  );
}

/** Marks a value that is not the default one, with a lock if the user cannot change it. */
function SettingOrigin({ name }: { readonly name: SettingName }) {
  const from = useAgent(({ settingsFrom }) => settingsFrom[name]);
  const isLocked = useIsLocked(name);
  const organisation = useAgent((agent) => agent.organisation?.name) ?? '';
  if (from === 'default' && !isLocked) return null;
  return (
    <span
      className="setting-origin"
      data-changed={from === 'user' || undefined}
      title={isLocked ? settingsText.managed(organisation) : undefined}
    >
      {isLocked && <Lock size={12} aria-hidden />}
      {settingsText.from[from === 'user' ? 'user' : 'organisation']}
    </span>
  );
}

function useIsLocked(name: SettingName): boolean {
  return useAgent(({ organisation }) => organisation?.locked.includes(name) ?? false);
}

/** Saves one setting; its error is shown beside it. */
function useSave(name: SettingName): {
  readonly failure: string | undefined;
  save(patch: Partial<Settings>): void;
  /** Resets the user's value. */
  reset(): void;
  /** Clears the error. */
  clear(): void;
} {
  const { saveSettings, resetSetting } = useActions();
  const [failure, setFailure] = useState<string>();
  const settle = (work: Promise<void>) =>
    void work.then(
      () => setFailure(undefined),
      (error: unknown) => {
        const { message, hint = '' } = toPlainError(error);
        setFailure(`${message} ${hint}`.trim());
      },
    );
  return {
    failure,
    clear: () => setFailure(undefined),
    save: (patch) => settle(saveSettings(patch)),
    reset: () => settle(resetSetting(name)),
  };
}

export function SwitchSetting({
  name,
  words,
  isOn,
  patch,
}: {
  readonly name: SettingName;
  readonly words: Words;
  readonly isOn: boolean;
  readonly patch: (on: boolean) => Partial<Settings>;
}) {
  const { failure, save, reset } = useSave(name);
  const isLocked = useIsLocked(name);
  return (
    <Setting name={name} words={words} failure={failure} onReset={reset}>
      <Switch label={words[0]} isOn={isOn} isDisabled={isLocked} onChange={(on) => save(patch(on))} />
    </Setting>
  );
}

export function ChoiceSetting<V extends string>({
  name,
  words,
  value,
  options,
  patch,
}: {
  readonly name: SettingName;
  readonly words: Words;
  readonly value: V;
  readonly options: Readonly<Record<V, string>>;
  readonly patch: (value: V) => Partial<Settings>;
}) {
  const { failure, save, reset } = useSave(name);
  const isLocked = useIsLocked(name);
  const id = useId();
  return (
    <Setting name={name} words={words} id={id} failure={failure} onReset={reset}>
      <select
        id={id}
        disabled={isLocked}
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

/** A text setting, saved with Enter or on blur. */
export function TextSetting({
  name,
  words,
  value,
  isShort = false,
  placeholder,
  patch,
}: {
  readonly name: SettingName;
  readonly words: Words;
  readonly value: string;
  readonly isShort?: boolean;
  readonly placeholder?: string;
  readonly patch: (value: string) => Partial<Settings>;
}) {
  const { failure, save, reset, clear } = useSave(name);
  const isLocked = useIsLocked(name);
  const [draft, setDraft] = useState(value);
  const id = useId();
  useEffect(() => setDraft(value), [value]);
  const commit = () => {
    if (draft !== value) save(patch(draft.trim()));
  };
  return (
    <Setting name={name} words={words} id={id} failure={failure} onReset={reset} isWide={!isShort}>
      <input
        id={id}
        disabled={isLocked}
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
            clear();
            // The first Escape reverts the text; the next one leaves the page.
            event.preventDefault();
          }
        }}
      />
    </Setting>
  );
}
