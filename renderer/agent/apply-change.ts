import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import type { Change, Snapshot, TunnelView } from '../../main/model/agent-view.ts';
import type { PlainError } from '../../main/model/app-error.ts';
import type { Cell, Cluster, ClusterId } from '../../main/model/cluster.ts';
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

/** The agent as the page holds it: a snapshot, indexed. What a change does not touch stays the same object. */
export interface AgentState
  extends Pick<
    Snapshot,
    | 'agent'
    | 'discovery'
    | 'logins'
    | 'sessions'
    | 'endedSessions'
    | 'kubectl'
    | 'favourites'
    | 'sets'
    | 'kept'
    | 'settings'
    | 'settingsFrom'
    | 'organisation'
    | 'release'
    | 'notices'
  > {
  readonly clusters: ReadonlyMap<ClusterId, Cluster>;
  readonly cells: ReadonlyMap<string, Cell>;
  readonly tunnels: ReadonlyMap<ClusterId, TunnelView>;
  /** What is known of the person's policies, by host name. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** The host names that the person is denied: the same object as long as they are the same. */
  readonly denied: ReadonlySet<string>;
  /** The clusters that are connected or on their way. */
  readonly open: ReadonlySet<ClusterId>;
  /** A tunnel that could not be opened is closed again at once: its failure is kept until the next try. */
  readonly failures: ReadonlyMap<ClusterId, KnownFailure>;
  /** What has happened since the snapshot, the newest first. */
  readonly happened: readonly ActivityEntry[];
}

export function fromSnapshot(snapshot: Snapshot): AgentState {
  const { clusters, cells, tunnels, policies, ...rest } = snapshot;
  const empty: AgentState = {
    ...rest,
    clusters: new Map(clusters.map((cluster) => [cluster.id, cluster])),
    cells: new Map(cells.map((cell) => [cell.id, cell])),
    tunnels: new Map(),
    policies: new Map(),
    denied: new Set(),
    open: new Set(),
    failures: new Map(),
    happened: [],
  };
  return tunnels.reduce(withTunnel, withPolicies(empty, policies, []));
}

export function applyChange(state: AgentState, change: Change): AgentState {
  switch (change.kind) {
    case 'catalog': {
      const { upserted, removed, cells, removedCells } = change;
      return {
        ...state,
        clusters: changed(state.clusters, upserted, removed),
        cells: changed(state.cells, cells, removedCells),
      };
    }
    case 'tunnel':
      return withTunnel(state, change.tunnel);
    case 'policies':
      return withPolicies(state, change.known, change.forgotten);
    case 'activity':
      return { ...state, happened: [change.entry, ...state.happened].slice(0, 500) };
    case 'notice':
      return { ...state, notices: [...state.notices, change.notice] };
    case 'organisation': {
      const { organisation: _, ...rest } = state;
      return change.organisation === undefined ? rest : { ...rest, organisation: change.organisation };
    }
    case 'release': {
      const { release: _, ...rest } = state;
      return change.release === undefined ? rest : { ...rest, release: change.release };
    }
    default: {
      const { kind: _, ...rest } = change;
      return { ...state, ...rest };
    }
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
  const tunnels = new Map(state.tunnels);
  if (now.status === 'idle') tunnels.delete(cluster);
  else tunnels.set(cluster, tunnel);
  const next = { ...state, tunnels, open: withOpen(state.open, tunnel) };
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

function withPolicies(state: AgentState, known: readonly Policy[], forgotten: readonly string[]): AgentState {
  const policies = new Map(state.policies);
  for (const hostname of forgotten) policies.delete(hostname);
  for (const policy of known) policies.set(policy.hostname, policy);
  const denied = new Set(
    [...policies.values()].filter(({ verdict }) => verdict === 'denied').map(({ hostname }) => hostname),
  );
  const isSame = denied.size === state.denied.size && [...denied].every((one) => state.denied.has(one));
  return { ...state, policies, denied: isSame ? state.denied : denied };
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

function changed<K extends string, V extends { readonly id: K }>(
  map: ReadonlyMap<K, V>,
  upserted: readonly V[],
  removed: readonly K[],
): ReadonlyMap<K, V> {
  if (upserted.length === 0 && removed.length === 0) return map;
  const next = new Map(map);
  for (const id of removed) next.delete(id);
  for (const value of upserted) next.set(value.id, value);
  return next;
}
