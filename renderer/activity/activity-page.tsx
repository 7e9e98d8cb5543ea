import { History, X } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { accountsText } from '../accounts/text.ts';
import { useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { clustersText } from '../clusters/text.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { activityText } from './text.ts';
import './activity.css';
import { type Day, daysOf } from './days.ts';
import { EntryRow } from './entry-row.tsx';
import { entryLine, isOf, isProblem } from './entry-view.ts';
import { useActivity } from './use-activity.ts';

/** Lists all events, or those of one cluster. */
export function ActivityPage({
  cluster,
  onCluster,
  onAll,
  onBack,
}: {
  /** Shows only the events of this cluster. */
  readonly cluster: ClusterId | undefined;
  readonly onCluster: (id: ClusterId) => void;
  /** Shows the events of all clusters again. */
  readonly onAll: () => void;
  readonly onBack: () => void;
}) {
  const { entries, error, latest, read } = useActivity();
  const [onlyProblems, setOnlyProblems] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const now = useMinute();
  const showAll = () => {
    // The button that had the focus is removed.
    toggle.current?.focus();
    onAll();
  };
  const isShown = (entry: ActivityEntry) =>
    (!onlyProblems || isProblem(entry)) && (cluster === undefined || isOf(entry, cluster));
  const shown = entries?.filter(isShown);
  return (
    <SubPage
      title={activityText.title}
      onBack={onBack}
      controls={
        <>
          {cluster !== undefined && <ClusterChip id={cluster} entries={entries} onRemove={showAll} />}
          <button
            type="button"
            className="toggle"
            ref={toggle}
            aria-pressed={onlyProblems}
            onClick={() => setOnlyProblems(!onlyProblems)}
          >
            {activityText.problems}
          </button>
        </>
      }
    >
      <h1 className="for-screen-readers">{activityText.title}</h1>
      <p className="for-screen-readers" role="status">
        {latest !== undefined && isShown(latest) && activityText.news(entryLine(latest))}
      </p>
      {error !== undefined && (
        <div className="why" role="alert">
          <h2>{activityText.unread}</h2>
          <p>
            {error.message} {error.hint}
          </p>
          <button type="button" className="button small" onClick={read}>
            {accountsText.again}
          </button>
        </div>
      )}
      {shown?.length === 0 && <Nothing isFiltered={entries?.length !== 0} onlyProblems={onlyProblems} />}
      <div className="days">
        {daysOf(shown ?? [], now).map((day) => (
          <DaySection key={day.title} day={day} onCluster={onCluster} />
        ))}
      </div>
    </SubPage>
  );
}

function DaySection({
  day: { title, entries },
  onCluster,
}: {
  readonly day: Day<ActivityEntry>;
  readonly onCluster: (id: ClusterId) => void;
}) {
  const titleId = useId();
  return (
    <section aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      <ul>
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} onOpen={onCluster} />
        ))}
      </ul>
    </section>
  );
}

/** Names the only cluster shown, with a button that removes the filter. */
function ClusterChip({
  id,
  entries,
  onRemove,
}: {
  readonly id: ClusterId;
  readonly entries: readonly ActivityEntry[] | undefined;
  readonly onRemove: () => void;
}) {
  const known = useAgent(({ clusters }) => clusters.get(id)?.title);
  // A cluster that no longer exists keeps its last title.
  const entry = known === undefined ? entries?.find((one) => isOf(one, id)) : undefined;
  const title = known ?? (entry !== undefined && 'title' in entry ? entry.title : id);
  return (
    <span className="chip">
      <span title={title}>
        <bdi>{title}</bdi>
      </span>
      <button type="button" aria-label={clustersText.filters.remove(title)} onClick={onRemove}>
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}

function Nothing({
  isFiltered,
  onlyProblems,
}: {
  readonly isFiltered: boolean;
  readonly onlyProblems: boolean;
}) {
  const [title, body] = isFiltered
    ? onlyProblems
      ? activityText.noProblems
      : activityText.noneOfIt
    : activityText.none;
  return (
    <div className="nothing">
      <History size={22} strokeWidth={1.6} aria-hidden />
      <h2>{title}</h2>
      <p>{body}</p>
    </div>
  );
}
