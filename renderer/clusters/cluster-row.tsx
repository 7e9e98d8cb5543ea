import { SquareTerminal, Star } from 'lucide-react';
import { memo, useId } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { latency } from '../../main/model/wording.ts';
import { useActions } from '../agent/page.tsx';
import { MixedScriptsBadge } from '../controls/mixed-scripts-badge.tsx';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { Switch } from '../controls/switch.tsx';
import { OpenTerminal } from '../terminals/terminals-button.tsx';
import { HighlightedText } from './highlighted-text.tsx';
import { headHeight, rowHeight } from './items.ts';
import { MiddleEllipsis } from './middle-ellipsis.tsx';
import { elsewhere } from './search.ts';
import { StateMark } from './state-mark.tsx';
import { clustersText } from './text.ts';
import { type RowState, useRow } from './use-row.ts';

/** Shows one cluster: state, name, location or problem, latency and port, switch. */
export const ClusterRow = memo(function ClusterRow({
  id,
  title,
  at,
  of,
  words,
  different,
  isTabStop,
  isSelected,
  isOpened,
  onOpen,
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
  /** Whether Tab reaches this row; the arrow keys reach the others from it. */
  readonly isTabStop: boolean;
  readonly isSelected: boolean;
  readonly isOpened: boolean;
  readonly onOpen: (id: ClusterId) => void;
}) {
  const row = useRow(id);
  const actions = useActions();
  const lineId = useId();
  const onDemandId = useId();
  const selectedId = useId();
  const top = headHeight + at * rowHeight;
  if (row === undefined) return <GoneRow id={id} title={title} isTabStop={isTabStop} top={top} />;
  const { cluster, view, isFavourite } = row;
  const tabIndex = isTabStop ? 0 : -1;
  const isDenied = view.mark === 'denied';
  const found = elsewhere(cluster, words, `${cluster.title} ${view.line} ${different ?? ''}`);
  const line = [view.tone === 'quiet' ? (found ?? []) : [], view.line, different ?? []].flat().join(' · ');
  const hasSwitch = (cluster.reach.kind !== 'none' && !isDenied) || view.isOn;
  return (
    <li
      className="row"
      data-cluster={id}
      data-denied={isDenied || undefined}
      data-selected={isSelected || undefined}
      aria-current={isOpened || undefined}
      aria-posinset={at + 1}
      aria-setsize={of}
      style={{ top }}
    >
      <StateMark mark={view.mark} />
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
          <button
            type="button"
            className="star"
            aria-label={clustersText.row.star(cluster.title)}
            aria-pressed={isFavourite}
            tabIndex={tabIndex}
            onClick={() => void actions.star(id, !isFavourite)}
          >
            <Star size={13} fill={isFavourite ? 'currentColor' : 'none'} aria-hidden />
          </button>
          {hasSwitch && <OpenTerminal id={id} title={cluster.title} tabIndex={tabIndex} />}
          <Badges row={row} tabIndex={tabIndex} />
        </div>
        <div className="row-line" id={lineId} data-tone={view.tone} title={line}>
          <HighlightedText words={view.tone === 'quiet' ? words : []}>{line}</HighlightedText>
        </div>
      </div>
      {view.waits === true ? (
        <button
          type="button"
          className="button small"
          aria-label={clustersText.row.tryNowFor(cluster.title)}
          tabIndex={tabIndex}
          onClick={() => void actions.tryNow(id)}
        >
          {clustersText.row.tryNow}
        </button>
      ) : view.hasWhy ? (
        <button
          type="button"
          className="button small"
          aria-label={clustersText.row.detailsOf(cluster.title)}
          tabIndex={tabIndex}
          onClick={() => onOpen(id)}
        >
          {clustersText.row.details}
        </button>
      ) : (
        <Figures row={row} onDemandId={onDemandId} />
      )}
      {hasSwitch ? (
        <span data-row-stop="">
          <Switch
            label={clustersText.row.connect(cluster.title)}
            describedBy={[lineId, row.isOnDemand && onDemandId, isSelected && selectedId]
              .filter(Boolean)
              .join(' ')}
            isOn={view.isOn}
            isBusy={view.mark === 'busy'}
            tabIndex={tabIndex}
            onChange={(on) => void (on ? actions.connect(id) : actions.disconnect(id))}
          />
        </span>
      ) : (
        <span />
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
      <span />
      <div className="row-text">
        <button
          type="button"
          className="row-title"
          tabIndex={isTabStop ? 0 : -1}
          data-row-stop=""
          aria-disabled="true"
        >
          {title}
        </button>
        <div className="row-line">{clustersText.row.gone}</div>
      </div>
    </li>
  );
}

function Badges({ row, tabIndex }: { readonly row: RowState; readonly tabIndex: number }) {
  const actions = useActions();
  const { cluster, isCurrent, isUsable } = row;
  const { environment = '' } = cluster;
  return (
    <>
      <MixedScriptsBadge title={cluster.title} />
      <ProductionBadge cluster={cluster} />
      {environment !== '' && !isProduction(cluster) && (
        <span className="badge environment">{environment}</span>
      )}
      {isCurrent && <span className="badge current">{clustersText.current}</span>}
      {isUsable && !isCurrent && (
        <button
          type="button"
          className="use"
          aria-label={clustersText.row.setCurrentFor(cluster.title)}
          tabIndex={tabIndex}
          onClick={() => void actions.setCurrent(cluster.id)}
        >
          {clustersText.row.setCurrent}
        </button>
      )}
    </>
  );
}

function Figures({
  row: { tunnel, view, isOnDemand },
  onDemandId,
}: {
  readonly row: RowState;
  readonly onDemandId: string;
}) {
  if (isOnDemand && view.mark === 'off')
    return (
      <span className="kept" title={clustersText.row.onDemand}>
        <SquareTerminal size={15} strokeWidth={1.7} aria-hidden />
        <span id={onDemandId} className="for-screen-readers">
          {clustersText.row.onDemand}
        </span>
      </span>
    );
  if (tunnel === undefined || view.mark !== 'connected') return <span />;
  return (
    <span className="figures">
      {tunnel.state.status === 'connected' && <span>{latency(tunnel.state.probe.totalMs)}</span>}
      {tunnel.port !== undefined && <code>{clustersText.row.port(tunnel.port)}</code>}
    </span>
  );
}
