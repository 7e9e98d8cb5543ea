import type { Change, TunnelView } from '../../main/model/agent-view.ts';
import type { ClusterId } from '../../main/model/cluster.ts';

/** Fifty tunnels report their latency some ten times a second: it is drawn four times. */
const togetherMs = 250;

/**
 * Returns a listener for the agent's changes that applies at once what changes a state, and together what changes only
 * the figures of connected tunnels. The order stays that of the agent.
 */
export function createFigures(options: {
  readonly apply: (changes: readonly Change[]) => void;
  /** Returns a tunnel as it is shown. */
  readonly tunnelOf: (cluster: ClusterId) => TunnelView | undefined;
}): (change: Change) => void {
  const { apply, tunnelOf } = options;
  let held: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const changes = held;
    held = [];
    apply(changes);
  };
  const isFigure = (change: Change) =>
    change.kind === 'tunnel' &&
    change.tunnel.state.status === 'connected' &&
    tunnelOf(change.tunnel.cluster)?.state.status === 'connected';

  return (change) => {
    held.push(change);
    if (!isFigure(change)) flush();
    else timer ??= setTimeout(flush, togetherMs);
  };
}
