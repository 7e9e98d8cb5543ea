import {
  CircleUserRound,
  Copy,
  CornerDownLeft,
  FolderOpen,
  History,
  Info,
  Keyboard,
  Layers,
  Link,
  List,
  ListFilter,
  LogIn,
  Plug,
  RefreshCw,
  RotateCcw,
  Settings,
  ShipWheel,
  SquareTerminal,
  Star,
  StarOff,
  Trash2,
  Unplug,
  WandSparkles,
} from 'lucide-react';
import { Fragment, useEffect, useMemo, useRef } from 'react';
import { MiddleEllipsis } from '../clusters/middle-ellipsis.tsx';
import { queryWords } from '../clusters/search.ts';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { controlsText } from '../controls/text.ts';
import type { BarAction, Choice } from './choices.ts';
import { barText } from './text.ts';
import type { Bar } from './use-bar.ts';
import './bar.css';

const icons = {
  connect: Plug,
  disconnect: Unplug,
  use: ShipWheel,
  terminal: SquareTerminal,
  open: Info,
  copy: Copy,
  link: Link,
  star: Star,
  unstar: StarOff,
  disconnectAll: Unplug,
  signInToAll: LogIn,
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
  resume: RotateCcw,
  list: List,
} as const satisfies Record<BarAction['kind'], unknown>;

const modifier = navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl';

/** Shows what the open search field offers, over the list. */
export function BarPanel({ bar }: { readonly bar: Bar }) {
  const { choices, active, acting, query, listId } = bar;
  const words = useMemo(() => (acting === undefined ? queryWords(query) : []), [query, acting]);
  const list = useRef<HTMLDivElement>(null);
  const isScrolled = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the active one is another.
  useEffect(() => {
    // Scrolling lays out the page, which is not needed at every key.
    if (active === 0 && !isScrolled.current) return;
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
    isScrolled.current = active !== 0;
  }, [active, choices]);
  const isOfCluster = 'cluster' in (choices[active]?.action ?? {});
  return (
    <section
      className="bar-panel"
      aria-label={barText.title}
      onPointerDown={(event) => event.preventDefault()}
    >
      {acting !== undefined && <h2>{barText.actions(acting.name ?? acting.title)}</h2>}
      <div
        id={listId}
        ref={list}
        role="listbox"
        aria-label={barText.title}
        onScroll={() => {
          isScrolled.current = true;
        }}
      >
        {choices.map((choice, index) => (
          <Fragment key={choice.id}>
            {choice.section !== undefined && (
              <div className="bar-section" role="presentation">
                {choice.section}
              </div>
            )}
            <Option bar={bar} choice={choice} index={index} words={words} />
          </Fragment>
        ))}
      </div>
      <p className="for-screen-readers" role="status">
        {barText.results(choices.length)}
      </p>
      <div className="bar-keys" aria-hidden>
        <kbd>
          <CornerDownLeft size={11} />
        </kbd>{' '}
        {choices[active]?.verb?.toLowerCase() ?? barText.keys.choose}
        {isOfCluster && acting === undefined && (
          <>
            <kbd>
              {modifier} <CornerDownLeft size={11} />
            </kbd>{' '}
            {barText.keys.terminal} <kbd>Tab</kbd> {barText.keys.actions}
          </>
        )}
        <kbd>Esc</kbd> {barText.keys.back}
      </div>
    </section>
  );
}

function Option({
  bar,
  choice,
  index,
  words,
}: {
  readonly bar: Bar;
  readonly choice: Choice;
  readonly index: number;
  readonly words: readonly string[];
}) {
  const Icon = icons[choice.action.kind];
  const { title, name, hint, isProduction, verb } = choice;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field hears the keys.
    <div
      id={bar.optionId(index)}
      role="option"
      tabIndex={-1}
      aria-selected={index === bar.active}
      aria-label={labelOf(choice)}
      onPointerMove={() => bar.point(index)}
      onClick={() => bar.choose(choice)}
    >
      <Icon size={15} aria-hidden />
      <span className="bar-title">
        <MiddleEllipsis words={words} name={name}>
          {title}
        </MiddleEllipsis>
      </span>{' '}
      {isProduction === true && <ProductionBadge cluster={{ production: true }} />}{' '}
      {hint !== undefined && <small>{hint}</small>}{' '}
      {verb !== undefined && <span className="bar-verb">{verb}</span>}
    </div>
  );
}

/** One label: screen readers would read the parts of a title as several words. */
function labelOf({ title, isProduction, hint, verb }: Choice): string {
  return [title, isProduction === true ? controlsText.production : undefined, hint, verb]
    .filter(Boolean)
    .join(', ');
}
