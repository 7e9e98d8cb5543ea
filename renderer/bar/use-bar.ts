import { type KeyboardEvent, type RefObject, useId, useMemo, useState } from 'react';
import { type BarAction, type BarFacts, type Choice, choicesOf, furtherChoices } from './choices.ts';
import { useBarFacts } from './use-bar-facts.ts';

const pageLength = 8;

/** The search field with what it offers. */
export interface Bar {
  /** Whether its choices are shown. */
  readonly isOpen: boolean;
  readonly query: string;
  readonly choices: readonly Choice[];
  /** Index of the choice that Enter takes. */
  readonly active: number;
  /** The choice whose actions are shown in place of the others. */
  readonly acting: Choice | undefined;
  readonly listId: string;
  readonly field: RefObject<HTMLInputElement | null>;
  optionId(index: number): string;
  open(): void;
  close(): void;
  type(query: string): void;
  point(index: number): void;
  choose(choice: Choice): void;
  hearKey(event: KeyboardEvent<HTMLInputElement>): void;
}

/** Returns the state of the search field, which is open while it shows choices. */
export function useBar({
  field,
  query,
  isOpen,
  onQuery,
  onOpen,
  onAction,
  onList,
  onEnter,
}: {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly query: string;
  readonly isOpen: boolean;
  readonly onQuery: (query: string) => void;
  readonly onOpen: (isOpen: boolean) => void;
  readonly onAction: (action: Exclude<BarAction, { readonly kind: 'list' }>) => void;
  /** Moves the focus to the list. */
  readonly onList: () => void;
  /** Called for Enter in the closed field. */
  readonly onEnter: () => void;
}): Bar {
  const [at, setAt] = useState(0);
  const [actingOn, setActing] = useState<Choice>();
  const acting = isOpen ? actingOn : undefined;
  const facts = useBarFacts();
  const choices = useMemo(() => shownChoices(isOpen, query, acting, facts), [isOpen, query, acting, facts]);
  // Where nothing matches, the list says what may have been meant.
  const isShown = isOpen && choices.length > 0;
  const listId = useId();
  const active = Math.min(at, choices.length - 1);
  const show = (isShown: boolean) => {
    setActing(undefined);
    setAt(0);
    onOpen(isShown);
  };
  const type = (next: string) => {
    onQuery(next);
    show(next !== '');
  };
  const choose = ({ action }: Choice) => {
    show(false);
    if (action.kind === 'list') {
      onList();
      return;
    }
    onQuery('');
    field.current?.focus();
    onAction(action);
  };

  const hearOpenKey = (event: KeyboardEvent<HTMLInputElement>): boolean => {
    const choice = choices[active];
    const { length } = choices;
    if (event.key === 'Escape') {
      if (acting === undefined) show(false);
      else setActing(undefined);
      return true;
    }
    if (event.key === 'Tab') {
      if (acting !== undefined || choice === undefined || event.shiftKey) {
        setActing(undefined);
        return acting !== undefined;
      }
      if (furtherChoices(choice, facts).length === 0) return false;
      setActing(choice);
      setAt(0);
      return true;
    }
    if (choice === undefined) return false;
    if (event.key === 'ArrowDown') setAt((active + 1) % length);
    else if (event.key === 'ArrowUp') setAt((active + length - 1) % length);
    else if (event.key === 'PageDown') setAt(Math.min(active + pageLength, length - 1));
    else if (event.key === 'PageUp') setAt(Math.max(active - pageLength, 0));
    else if (event.key !== 'Enter') return false;
    else if (!(event.ctrlKey || event.metaKey)) choose(choice);
    else if ('cluster' in choice.action)
      choose({ ...choice, action: { kind: 'terminal', cluster: choice.action.cluster } });
    return true;
  };
  const hearClosedKey = ({ key }: KeyboardEvent): boolean => {
    if (key === 'ArrowDown') onList();
    else if (key === 'Enter') onEnter();
    else if (key === '/' && query === '') show(true);
    else if (key === 'Escape' && query !== '') onQuery('');
    else return false;
    return true;
  };

  return {
    isOpen: isShown,
    query,
    choices,
    active,
    acting,
    listId,
    field,
    optionId: (index) => `${listId}-${index}`,
    open: () => show(true),
    close: () => show(false),
    type,
    point: setAt,
    choose,
    hearKey(event) {
      if (event.nativeEvent.isComposing) return;
      if (isShown ? hearOpenKey(event) : hearClosedKey(event)) event.preventDefault();
    },
  };
}

function shownChoices(
  isOpen: boolean,
  query: string,
  acting: Choice | undefined,
  facts: BarFacts,
): readonly Choice[] {
  if (!isOpen) return [];
  return acting === undefined ? choicesOf(query, facts) : furtherChoices(acting, facts);
}
