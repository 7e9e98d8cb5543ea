import { latency } from '../../main/model/wording.ts';
import { useActions } from '../agent/page.tsx';
import { clustersText } from './text.ts';
import type { RowState } from './use-row.ts';

/** Shows the latency, or the one action that the state asks for, at the right of a row. */
export function RowAside({
  row,
  tabIndex,
  onOpen,
}: {
  readonly row: RowState;
  readonly tabIndex: number;
  readonly onOpen: () => void;
}) {
  const actions = useActions();
  const { cluster, tunnel, view } = row;
  const { id, title } = cluster;
  if (view.waits === true)
    return (
      <button
        type="button"
        className="button small"
        aria-label={clustersText.row.tryNowFor(title)}
        tabIndex={tabIndex}
        onClick={() => void actions.tryNow(id)}
      >
        {clustersText.row.tryNow}
      </button>
    );
  if (view.hasWhy)
    return (
      <button
        type="button"
        className="button small"
        aria-label={clustersText.row.detailsOf(title)}
        tabIndex={tabIndex}
        onClick={onOpen}
      >
        {clustersText.row.details}
      </button>
    );
  if (view.mark !== 'connected') return null;
  return (
    <span className="row-aside">
      {tunnel?.state.status === 'connected' && (
        <span className="figures">{latency(tunnel.state.probe.totalMs)}</span>
      )}
      {row.canBecomeCurrent && (
        <button
          type="button"
          className="button small set-current"
          aria-label={clustersText.row.setCurrentFor(title)}
          tabIndex={tabIndex}
          onClick={() => void actions.setCurrent(id)}
        >
          {clustersText.row.setCurrent}
        </button>
      )}
    </span>
  );
}
