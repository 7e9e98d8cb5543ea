import { Search, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { headerText } from '../header/text.ts';
import type { Bar } from './use-bar.ts';

/** The one text field of the list: finds clusters, sets and commands. `children` are further buttons in it. */
export function SearchField({
  bar,
  count,
  children,
}: {
  readonly bar: Bar;
  /** Number of clusters that are searched. */
  readonly count: number;
  readonly children?: ReactNode;
}) {
  const { field, query, isOpen, active, listId } = bar;
  return (
    <div className="search">
      <Search size={16} aria-hidden />
      <input
        ref={field}
        type="search"
        aria-label={headerText.search(count)}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={isOpen ? listId : undefined}
        aria-activedescendant={isOpen ? bar.optionId(active) : undefined}
        placeholder={headerText.search(count)}
        value={query}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => bar.type(event.target.value)}
        onKeyDown={bar.hearKey}
        onClick={() => {
          if (!isOpen) bar.open();
        }}
        onBlur={({ target }) => {
          // Otherwise another window has the focus, and the field gets it back with this one.
          if (isOpen && document.activeElement !== target) bar.close();
        }}
      />
      {query === '' ? (
        <kbd aria-hidden>/</kbd>
      ) : (
        <button
          type="button"
          className="clear"
          aria-label={headerText.clear}
          onClick={() => {
            bar.type('');
            field.current?.focus();
          }}
        >
          <X size={14} aria-hidden />
        </button>
      )}
      {children}
    </div>
  );
}
