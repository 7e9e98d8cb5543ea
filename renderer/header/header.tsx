import { CircleUserRound, History, ListFilter, type LucideIcon, RefreshCw, Settings } from 'lucide-react';
import { locationText } from '../../main/model/account-name.ts';
import { plainText } from '../../main/model/plain-text.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { SearchField } from '../bar/search-field.tsx';
import type { Bar } from '../bar/use-bar.ts';
import { clustersText } from '../clusters/text.ts';
import type { ListCounts } from '../clusters/use-sections.ts';
import { headerText } from './text.ts';
import './header.css';

/** The search field and the buttons of the pages. */
export function Header({
  bar,
  count,
  filtering,
  onActivity,
  onAccounts,
  onSettings,
}: {
  readonly bar: Bar;
  /** Number of clusters that are searched. */
  readonly count: number;
  /** Whether the filter bar is open, and the function that opens or closes it. */
  readonly filtering: { readonly isOpen: boolean; readonly onOpen: (isOpen: boolean) => void };
  readonly onActivity: () => void;
  readonly onAccounts: () => void;
  readonly onSettings: () => void;
}) {
  const actions = useActions();
  const isRunning = useAgent(({ discovery }) => discovery.status === 'running');
  return (
    <header>
      <h1 className="for-screen-readers">{headerText.product}</h1>
      <SearchField bar={bar} count={count}>
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
      </SearchField>
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
  const now = useMinute();
  const chip = waiting > 0 && <span className="waiting">{headerText.waiting(waiting)}</span>;
  if (discovery.status === 'idle') {
    const { finishedAt } = discovery;
    const age = finishedAt && now - finishedAt;
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
      : `${read} · ${headerText.waitingFor(plainText(locationText(slowest)), more.length)}`;
  return (
    <section className="discovery-line" aria-label={headerText.state}>
      <span>{words}</span>
      {chip}
      <progress aria-label={headerText.progress} max={Math.max(1, cellsKnown)} value={cellsRead} />
    </section>
  );
}
