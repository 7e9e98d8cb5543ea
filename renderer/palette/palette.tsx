import {
  CircleUserRound,
  Copy,
  FolderOpen,
  History,
  Info,
  Keyboard,
  Layers,
  Link,
  ListFilter,
  Plug,
  RefreshCw,
  Search,
  Settings,
  ShipWheel,
  Star,
  StarOff,
  Trash2,
  Unplug,
  WandSparkles,
} from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { flushSync } from 'react-dom';
import { distinctions } from '../../main/model/distinction.ts';
import { isGuarded } from '../../main/model/is-production.ts';
import { useAgent } from '../agent/page.tsx';
import { type Filter, filtersOf } from '../clusters/filters.ts';
import { byTitle } from '../clusters/layout.ts';
import { MiddleEllipsis } from '../clusters/middle-ellipsis.tsx';
import { queryWords } from '../clusters/search.ts';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { controlsText } from '../controls/text.ts';
import { type Choice, choicesOf, type PaletteAction } from './choices.ts';
import { paletteText } from './text.ts';
import './palette.css';

const icons = {
  connect: Plug,
  disconnect: Unplug,
  use: ShipWheel,
  open: Info,
  copy: Copy,
  star: Star,
  unstar: StarOff,
  disconnectAll: Unplug,
  discover: RefreshCw,
  activity: History,
  accounts: CircleUserRound,
  settings: Settings,
  setUp: WandSparkles,
  shortcuts: Keyboard,
  openSet: FolderOpen,
  linkSet: Link,
  removeSet: Trash2,
  filter: ListFilter,
  group: Layers,
} as const satisfies Record<PaletteAction['kind'], unknown>;

/** Lets the user run any action by its name. */
export function Palette({
  isOpen,
  onOpen,
  onAction,
}: {
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  readonly onAction: (action: PaletteAction) => void;
}) {
  const before = useRef<Element>(undefined);
  if (isOpen) before.current ??= document.activeElement ?? undefined;
  else before.current = undefined;
  const choose = ({ action }: Choice) => {
    const from = before.current;
    flushSync(() => onOpen(false));
    // The action may open another page, whose way back restores this focus.
    if (from instanceof HTMLElement) from.focus();
    onAction(action);
  };
  return (
    <ModalOverlay className="veil palette-veil" isOpen={isOpen} isDismissable onOpenChange={onOpen}>
      <Modal className="palette">
        <Dialog aria-label={paletteText.title}>
          <Choices onChoose={choose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Choices({ onChoose }: { readonly onChoose: (choice: Choice) => void }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const choices = useChoices(query);
  const words = useMemo(() => queryWords(query), [query]);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const active = Math.min(at, choices.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the active one is another.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active, choices]);
  const hearKey = (event: KeyboardEvent) => {
    const { length } = choices;
    const choice = choices[active];
    if (event.nativeEvent.isComposing || length === 0 || choice === undefined) return;
    if (event.key === 'ArrowDown') setAt((active + 1) % length);
    else if (event.key === 'ArrowUp') setAt((active + length - 1) % length);
    else if (event.key === 'PageDown') setAt(Math.min(active + 8, length - 1));
    else if (event.key === 'PageUp') setAt(Math.max(active - 8, 0));
    else if (event.key === 'Enter') onChoose(choice);
    else return;
    event.preventDefault();
  };
  const optionId = (index: number) => `${listId}-${index}`;
  return (
    <>
      <div className="palette-field">
        <Search size={16} aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: it opens to be typed into.
          autoFocus
          type="text"
          role="combobox"
          aria-label={paletteText.title}
          aria-autocomplete="list"
          aria-expanded={choices.length > 0}
          aria-controls={listId}
          aria-activedescendant={choices.length > 0 ? optionId(active) : undefined}
          placeholder={paletteText.hint}
          value={query}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={hearKey}
        />
      </div>
      {choices.length === 0 && (
        <p className="palette-none" role="status">
          {paletteText.none}
        </p>
      )}
      <div id={listId} ref={list} role="listbox" aria-label={paletteText.title} hidden={choices.length === 0}>
        {choices.map((choice, index) => {
          const Icon = icons[choice.action.kind];
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above hears the keys.
            <div
              key={choice.id}
              id={optionId(index)}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              aria-label={labelOf(choice)}
              onPointerMove={() => setAt(index)}
              onClick={() => onChoose(choice)}
            >
              <Icon size={15} aria-hidden />
              <span className="palette-title">
                <MiddleEllipsis words={words} name={choice.name}>
                  {choice.title}
                </MiddleEllipsis>
              </span>{' '}
              {choice.isProduction === true && <ProductionBadge cluster={{ production: true }} />}{' '}
              {choice.hint !== undefined && <small>{choice.hint}</small>}
            </div>
          );
        })}
      </div>
    </>
  );
}

/** One label: screen readers would read the parts of a title as several words. */
function labelOf({ title, isProduction, hint }: Choice): string {
  return [title, isProduction === true ? controlsText.production : undefined, hint]
    .filter(Boolean)
    .join(', ');
}

function useChoices(query: string): readonly Choice[] {
  const known = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const tunnels = useAgent((agent) => agent.tunnels);
  const starred = useAgent((agent) => agent.favourites);
  const entries = useAgent((agent) => agent.kept);
  const sets = useAgent((agent) => agent.sets);
  const current = useAgent((agent) => agent.kubectl.cluster);
  const organisation = useAgent((agent) => agent.organisation);
  const clusters = useMemo(() => byTitle(known.values()), [known]);
  const different = useMemo(() => distinctions(known.values()), [known]);
  const filters = useMemo(
    (): readonly Filter[] => filtersOf(clusters).flatMap((group) => group.filters),
    [clusters],
  );
  const favourites = useMemo(() => new Set(starred), [starred]);
  const kept = useMemo(() => new Set(entries), [entries]);
  return useMemo(
    () =>
      choicesOf(query, {
        clusters,
        open,
        tunnels,
        favourites,
        kept,
        sets,
        current,
        different,
        asksFirst: (cluster) => isGuarded(cluster, organisation),
        filters,
      }),
    [query, clusters, open, tunnels, favourites, kept, sets, current, different, organisation, filters],
  );
}
