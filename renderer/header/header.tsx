import {
  CircleUserRound,
  History,
  ListFilter,
  type LucideIcon,
  RefreshCw,
  Search,
  Settings,
  X,
} from 'lucide-react';
import type { KeyboardEvent, RefObject } from 'react';
import { placeText } from '../../main/model/account-name.ts';
import { plainText } from '../../main/model/plain-text.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { clustersText } from '../clusters/text.ts';
import type { ListCounts } from '../clusters/use-sections.ts';
import { headerText } from './text.ts';
import './header.css';

/** The search field and the buttons of the pages. */
export function Header({
  query,
  search,
  count,
  filtering,
  onQuery,
  onDown,
  onActivity,
  onAccounts,
  onSettings,
}: {
  readonly query: string;
  readonly search: RefObject<HTMLInputElement | null>;
  /** Number of clusters that are searched. */
  readonly count: number;
  /** Whether the filter bar is open, and the function that opens or closes it. */
  readonly filtering: { readonly isOpen: boolean; readonly onOpen: (isOpen: boolean) => void };
  readonly onQuery: (query: string) => void;
  /** Moves the focus from the field to the list. */
  readonly onDown: () => void;
  readonly onActivity: () => void;
  readonly onAccounts: () => void;
  readonly onSettings: () => void;
}) {
  const actions = useActions();
  const isRunning = useAgent(({ discovery }) => discovery.status === 'running');
  const hearKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') onDown();
    else if (event.key === 'Escape') onQuery('');
    else return;
    event.preventDefault();
  };
  return (
    <header>
      <h1 className="for-screen-readers">{headerText.product}</h1>
      <div className="search">
        <Search size={16} aria-hidden />
        <input
          ref={search}
          type="search"
          aria-label={headerText.search(count)}
          placeholder={headerText.search(count)}
          value={query}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={hearKey}
        />
        {query === '' ? (
          <kbd aria-hidden>/</kbd>
        ) : (
          <button
            type="button"
            className="clear"
            aria-label={headerText.clear}
            onClick={() => {
              onQuery('');
              search.current?.focus();
            }}
          >
            <X size={14} aria-hidden />
          </button>
        )}
        <button
          type="button"
          className="clear"
          aria-label={clustersText.filters.title}
          title={clustersText.filters.title}
          aria-expanded={filtering.isOpen}
          onClick={() => filtering.onOpen(!filtering.isOpen)}
        >
          <ListFilter size={15} aria-hidden />
        </button>
      </div>
      <Action
        label={headerText.discover}
        icon={RefreshCw}
        isRunning={isRunning}
        onPress={() => void actions.discover()}
      />
      <Action label={headerText.activity} icon={History} onPress={onActivity} />
      <Action label={headerText.accounts} icon={CircleUserRound} onPress={onAccounts} />
      <Action label={headerText.settings} icon={Settings} onPress={onSettings} />
    </header>
  );
}

function Action({
  label,
  icon: Icon,
  isRunning = false,
  onPress,
}: {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly isRunning?: boolean;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      data-running={isRunning || undefined}
      onClick={onPress}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}

/** Shows the progress of discovery or the age of the list. Counts the listed clusters, not the waiting ones. */
export function DiscoveryLine({ counts: { shown, of, waiting } }: { readonly counts: ListCounts }) {
  const discovery = useAgent((agent) => agent.discovery);
  const now = useNow(30_000);
  const chip = waiting > 0 && <span className="waiting">{headerText.waiting(waiting)}</span>;
  if (discovery.status === 'idle') {
    const { finishedAt } = discovery;
    const age = finishedAt === undefined ? undefined : Math.max(0, now - finishedAt);
    return (
      <section className="discovery-line" aria-label={headerText.state}>
        <span>{headerText.idle(shown, of, age)}</span>
        {chip}
      </section>
    );
  }
  const { cellsRead, cellsKnown, slow: [slowest, ...more] = [] } = discovery;
  const read = cellsKnown === 0 ? headerText.starting : headerText.reading(cellsRead, cellsKnown, shown);
  const words =
    slowest === undefined
      ? read
      : `${read} · ${headerText.waitingFor(plainText(placeText(slowest)), more.length)}`;
  return (
    <section className="discovery-line" aria-label={headerText.state}>
      <span>{words}</span>
      {chip}
      <progress aria-label={headerText.progress} max={Math.max(1, cellsKnown)} value={cellsRead} />
    </section>
  );
}
