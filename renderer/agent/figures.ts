import { type AgentState, isOfFigures } from '../../main/model/agent-state.ts';
import type { Change } from '../../main/model/agent-view.ts';

/** The latency of many tunnels comes several times a second: it is drawn once. */
const togetherMs = 1_000;

/**
 * Returns a listener for the agent's changes that applies at once what changes a state, and together what changes only
 * the figures of connected tunnels. The order stays that of the agent.
 */
export function createFigures(options: {
  readonly apply: (changes: readonly Change[]) => void;
  /** Returns what is shown. */
  readonly state: () => Pick<AgentState, 'tunnels'> | undefined;
}): (change: Change) => void {
  const { apply, state } = options;
  let held: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const changes = held;
    held = [];
    apply(changes);
  };
  return (change) => {
    held.push(change);
    const shown = state();
    if (shown === undefined || !isOfFigures(shown, change)) flush();
    else timer ??= setTimeout(flush, togetherMs);
  };
}
