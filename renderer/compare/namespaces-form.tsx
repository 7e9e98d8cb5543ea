import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { namespaceName } from '../../main/model/namespace-name.ts';
import type { TableColumn } from './comparison-table.tsx';
import { compareText } from './text.ts';

const { namespaces: text } = compareText;

interface Namespaces {
  readonly columns: readonly TableColumn[];
  /** The namespaces that were read last, where the user gave them. */
  readonly given: ReadonlyMap<ClusterId, string>;
  readonly onRead: (namespaces: ReadonlyMap<ClusterId, string>) => void;
}

/** A button that opens the namespaces of the clusters. Escape closes them. */
export function NamespacesChoice(namespaces: Namespaces) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const hearKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.preventDefault();
    button.current?.focus();
    setOpen(false);
  };
  return (
    <>
      <button
        type="button"
        className="button small"
        ref={button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onKeyDown={hearKey}
        onClick={() => setOpen(!isOpen)}
      >
        {text.title}
      </button>
      {isOpen && (
        <section id={id} className="comparison-namespaces" aria-label={text.title} onKeyDown={hearKey}>
          <NamespacesForm {...namespaces} />
        </section>
      )}
    </>
  );
}

/** A field for all clusters, and one for each. What is left empty is the namespace of the cluster's tag, or `default`. */
function NamespacesForm({ columns, given, onRead }: Namespaces) {
  const [drafts, setDrafts] = useState(given);
  const [wrong, setWrong] = useState<string>();
  const wrongId = useId();
  const all = columns.map(({ cluster }) => cluster);
  const common = new Set(all.map((cluster) => drafts.get(cluster) ?? ''));
  const change = (clusters: readonly ClusterId[], name: string) => {
    setWrong(undefined);
    setDrafts((before) => new Map([...before, ...clusters.map((cluster) => [cluster, name] as const)]));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const named = all.flatMap((cluster) => {
      const name = drafts.get(cluster)?.trim() ?? '';
      return name === '' ? [] : [[cluster, name] as const];
    });
    const bad = named.find(([, name]) => !namespaceName.test(name));
    if (bad === undefined) onRead(new Map(named));
    else setWrong(text.wrong(bad[1]));
  };
  return (
    <form onSubmit={submit}>
      <Field
        label={text.all}
        value={common.size === 1 ? ([...common][0] ?? '') : ''}
        describedBy={wrongId}
        takesFocus
        onChange={(name) => change(all, name)}
      />
      {columns.map(({ cluster, title, namespace }) => (
        <Field
          key={cluster}
          label={title}
          name={text.of(title)}
          value={drafts.get(cluster) ?? ''}
          example={given.has(cluster) ? undefined : namespace}
          describedBy={wrongId}
          onChange={(name) => change([cluster], name)}
        />
      ))}
      <button type="submit" className="button small">
        {text.read}
      </button>
      <p id={wrongId} className="failure" role="alert">
        {wrong}
      </p>
    </form>
  );
}

function Field({
  label,
  name = label,
  value,
  example,
  describedBy,
  takesFocus = false,
  onChange,
}: {
  readonly label: string;
  /** Its name for a screen reader. */
  readonly name?: string;
  readonly value: string;
  readonly example?: string | undefined;
  readonly describedBy: string;
  readonly takesFocus?: boolean;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} title={label}>
        {label}
      </label>
      <input
        id={id}
        className="field"
        type="text"
        aria-label={name}
        aria-describedby={describedBy}
        // biome-ignore lint/a11y/noAutofocus: the form opens to be typed into.
        autoFocus={takesFocus}
        placeholder={example}
        value={value}
        maxLength={63}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        onChange={({ target }) => onChange(target.value)}
      />
    </>
  );
}
