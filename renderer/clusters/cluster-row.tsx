import { Ellipsis, Star } from 'lucide-react';
import { memo, useId } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { GroupBy } from '../../main/model/group-key.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { useActions } from '../agent/page.tsx';
import { MixedScriptsBadge } from '../controls/mixed-scripts-badge.tsx';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { Switch } from '../controls/switch.tsx';
import { HighlightedText } from './highlighted-text.tsx';
import { headHeight, rowHeight } from './items.ts';
import { MiddleEllipsis } from './middle-ellipsis.tsx';
import { RowAside } from './row-aside.tsx';
import { elsewhere } from './search.ts';
import { StateMark } from './state-mark.tsx';
import { clustersText } from './text.ts';
import { type RowState, useRow } from './use-row.ts';

/** Shows one cluster: state, name, badges, location or problem; at the right latency or the one action, and the switch. */
export const ClusterRow = memo(function ClusterRow({
  id,
  title,
  at,
  of,
  words,
  different,
  groupedBy,
  isTabStop,
  isSelected,
  isOpened,
  isDragged,
  onOpen,
  onMenu,
}: {
  readonly id: ClusterId;
  /** The last known title. */
  readonly title: string;
  /** Index in the section, from 0. */
  readonly at: number;
  /** Number of rows in the section. */
  readonly of: number;
  /** The words of the query. */
  readonly words: readonly string[];
  /** What distinguishes it from a cluster with the same title and location. */
  readonly different: string | undefined;
  /** The grouping whose head is above the row, if any. */
  readonly groupedBy: GroupBy | undefined;
  /** Whether Tab reaches this row; the arrow keys reach the others from it. */
  readonly isTabStop: boolean;
  readonly isSelected: boolean;
  readonly isOpened: boolean;
  readonly isDragged: boolean;
  readonly onOpen: (id: ClusterId) => void;
  /** Opens the menu of the row's actions below a button. */
  readonly onMenu: (id: ClusterId, button: Element) => void;
}) {
  const row = useRow(id, groupedBy);
  const actions = useActions();
  const lineId = useId();
  const markId = useId();
  const selectedId = useId();
  const top = headHeight + at * rowHeight;
  if (row === undefined) return <GoneRow id={id} title={title} isTabStop={isTabStop} top={top} />;
  const { cluster, view, isFavourite } = row;
  const tabIndex = isTabStop ? 0 : -1;
  const isDenied = view.mark === 'denied';
  const found = elsewhere(cluster, words, `${cluster.title} ${view.line} ${different ?? ''}`);
  const line = [view.tone === 'quiet' ? (found ?? []) : [], view.line || [], different ?? []]
    .flat()
    .join(' · ');
  const hasSwitch = (cluster.reach.kind !== 'none' && !isDenied) || view.isOn;
  const isOnDemand = row.isOnDemand && view.mark === 'off';
  return (
    <li
      className="row"
      data-cluster={id}
      data-denied={isDenied || undefined}
      data-selected={isSelected || undefined}
      data-dragged={isDragged || undefined}
      aria-current={isOpened || undefined}
      aria-posinset={at + 1}
      aria-setsize={of}
      style={{ top }}
    >
      <StateMark mark={isOnDemand ? 'on-demand' : view.mark} id={markId} />
      <div className="row-text">
        {isSelected && (
          <span id={selectedId} className="for-screen-readers">
            {clustersText.selection.selected}
          </span>
        )}
        <div className="row-name">
          <button
            type="button"
            className="row-title"
            tabIndex={tabIndex}
            data-row-stop={hasSwitch ? undefined : ''}
            // Screen readers would read its parts as several words.
            aria-label={cluster.title}
            title={cluster.title}
            onClick={() => onOpen(id)}
          >
            <MiddleEllipsis words={words}>{cluster.title}</MiddleEllipsis>
          </button>
          <Badges row={row} groupedBy={groupedBy} />
          <button
            type="button"
            className="star"
            aria-label={clustersText.row.star(cluster.title)}
            aria-pressed={isFavourite}
            tabIndex={tabIndex}
            onClick={() => void actions.star(id, !isFavourite)}
          >
            <Star size={14} fill={isFavourite ? 'currentColor' : 'none'} aria-hidden />
          </button>
        </div>
        {line !== '' && (
          <div className="row-line" id={lineId} data-tone={view.tone} title={line}>
            <HighlightedText words={view.tone === 'quiet' ? words : []}>{line}</HighlightedText>
          </div>
        )}
      </div>
      <RowAside row={row} tabIndex={tabIndex} onOpen={() => onOpen(id)} />
      <button
        type="button"
        className="icon-button small row-actions"
        aria-label={clustersText.row.actions(cluster.title)}
        aria-haspopup="menu"
        tabIndex={tabIndex}
        onClick={({ currentTarget }) => onMenu(id, currentTarget)}
      >
        <Ellipsis size={16} aria-hidden />
      </button>
      {hasSwitch ? (
        <span data-row-stop="">
          <Switch
            label={clustersText.row.connect(cluster.title)}
            describedBy={
              [line !== '' && lineId, isOnDemand && markId, isSelected && selectedId]
                .filter(Boolean)
                .join(' ') || undefined
            }
            isOn={view.isOn}
            isBusy={view.mark === 'busy'}
            tabIndex={tabIndex}
            onChange={(on) => void (on ? actions.connect(id) : actions.disconnect(id))}
          />
        </span>
      ) : (
        <span className="no-switch" />
      )}
    </li>
  );
});

/** Holds the position of a removed cluster while the pointer is on the list: clicks on it do nothing. */
function GoneRow({
  id,
  title,
  isTabStop,
  top,
}: {
  readonly id: ClusterId;
  readonly title: string;
  readonly isTabStop: boolean;
  readonly top: number;
}) {
  return (
    <li className="row" data-cluster={id} data-gone style={{ top }}>
      <span className="state-mark" />
      <div className="row-text">
        <button
          type="button"
          className="row-title"
          tabIndex={isTabStop ? 0 : -1}
          data-row-stop=""
          aria-disabled="true"
          aria-label={title}
        >
          <MiddleEllipsis words={[]}>{title}</MiddleEllipsis>
        </button>
        <div className="row-line">{clustersText.row.gone}</div>
      </div>
    </li>
  );
}

function Badges({
  row: { cluster, isCurrent },
  groupedBy,
}: {
  readonly row: RowState;
  readonly groupedBy: GroupBy | undefined;
}) {
  const { environment = '' } = cluster;
  return (
    <>
      <MixedScriptsBadge title={cluster.title} />
      <ProductionBadge cluster={cluster} />
      {environment !== '' && !isProduction(cluster) && groupedBy !== 'environment' && (
        <span className="badge environment" title={environment}>
          {environment}
        </span>
      )}
      {isCurrent && <span className="badge current">{clustersText.current}</span>}
    </>
  );
}
