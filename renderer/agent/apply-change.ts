import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import {
  applyChange as applyToState,
  isOfFigures,
  type AgentState as SharedState,
  stateOf,
} from '../../main/model/agent-state.ts';
import type { Change, Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import type { PlainError } from '../../main/model/app-error.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { isDeniedForGood } from '../../main/model/is-denied-for-good.ts';
import type { Policy } from '../../main/model/policy.ts';
import type { Failure } from '../../main/model/tunnel-state.ts';

/** Why the last try to connect a cluster came to nothing. */
export interface KnownFailure {
  readonly error: PlainError;
  readonly stage?: Failure['stage'] | undefined;
  readonly mender?: Failure['mender'] | undefined;
  /** ms since the epoch. */
  readonly at: number;
}

/** The agent as the page holds it, and what the page makes of it. What a change does not touch stays the same object. */
export interface AgentState extends SharedState {
  /** The host names that the person is denied: the same object as long as they are the same. */
  readonly denied: ReadonlySet<string>;
  /** Those of them that only the organisation can change: their clusters are hidden. The same object likewise. */
  readonly deniedForGood: ReadonlySet<string>;
  /** The clusters that are connected or on their way. */
  readonly open: ReadonlySet<ClusterId>;
  /** The tunnels as of the last change of a state: the same object while only latency and bytes change. */
  readonly steady: ReadonlyMap<ClusterId, TunnelView>;
  /** A tunnel that could not be opened is closed again at once: its failure is kept until the next try. */
  readonly failures: ReadonlyMap<ClusterId, KnownFailure>;
  /** What has happened since the snapshot, the newest first. */
  readonly happened: readonly ActivityEntry[];
}

export function fromSnapshot(snapshot: Snapshot): AgentState {
  const empty = {
    denied: new Set<string>(),
    deniedForGood: new Set<string>(),
    open: new Set<ClusterId>(),
    failures: new Map(),
    happened: [],
  };
  const state = stateOf(snapshot);
  return snapshot.tunnels.reduce(withTunnel, withDenied({ ...state, ...empty, steady: state.tunnels }));
}

export function applyChange(state: AgentState, change: Change): AgentState {
  const next = applyToState(state, change);
  switch (change.kind) {
    case 'tunnel':
      return withTunnel(
        { ...next, steady: isOfFigures(state, change) ? state.steady : next.tunnels },
        change.tunnel,
      );
    case 'policies':
      return withDenied(next);
    case 'activity':
      return { ...next, happened: [change.entry, ...next.happened].slice(0, 500) };
    default:
      return next;
  }
}

/** Keeps why a cluster could not be connected; without a failure, forgets it. */
export function withFailure(
  state: AgentState,
  cluster: ClusterId,
  failure: KnownFailure | undefined,
): AgentState {
  if (failure === undefined && !state.failures.has(cluster)) return state;
  const failures = new Map(state.failures);
  if (failure === undefined) failures.delete(cluster);
  else failures.set(cluster, failure);
  return { ...state, failures };
}

function withTunnel(state: AgentState, tunnel: TunnelView): AgentState {
  const { cluster, state: now } = tunnel;
  const next = { ...state, open: withOpen(state.open, tunnel) };
  switch (now.status) {
    case 'failed':
      return withFailure(next, cluster, { ...now.failure, at: now.since });
    case 'idle':
    case 'closing':
      return next;
    default:
      return withFailure(next, cluster, undefined);
  }
}

function withDenied(state: AgentState): AgentState {
  const policies = [...state.policies.values()];
  const denied = hostnamesOf(
    policies.filter(({ verdict }) => verdict === 'denied'),
    state.denied,
  );
  const deniedForGood = hostnamesOf(policies.filter(isDeniedForGood), state.deniedForGood);
  const isSame = denied === state.denied && deniedForGood === state.deniedForGood;
  return isSame ? state : { ...state, denied, deniedForGood };
}

/** Returns `before` if it has the same hostnames. */
function hostnamesOf(policies: readonly Policy[], before: ReadonlySet<string>): ReadonlySet<string> {
  const now = new Set(policies.map(({ hostname }) => hostname));
  return now.size === before.size && [...now].every((one) => before.has(one)) ? before : now;
}

/** One that fails or closes stays where it is until it is gone. */
function withOpen(open: ReadonlySet<ClusterId>, { cluster, state }: TunnelView): ReadonlySet<ClusterId> {
  const isOpen = state.status !== 'idle' && (state.status !== 'closing' || open.has(cluster));
  if (open.has(cluster) === isOpen) return open;
  const next = new Set(open);
  if (isOpen) next.add(cluster);
  else next.delete(cluster);
  return next;
}
