import type { Change, Slices, SliceValues, Snapshot, TunnelView } from './agent-view.ts';
import { assertNever } from './assert-never.ts';
import type { Cell, Cluster, ClusterId } from './cluster.ts';
import type { Policy } from './policy.ts';

/** The most notices to keep. Drops the oldest. */
export const noticesAtMost = 100;

/** A shell's copy of the agent's state: an indexed snapshot. A change keeps the identity of untouched objects. */
export interface AgentState extends Omit<Snapshot, 'clusters' | 'cells' | 'tunnels' | 'policies'> {
  readonly clusters: ReadonlyMap<ClusterId, Cluster>;
  readonly cells: ReadonlyMap<string, Cell>;
  readonly tunnels: ReadonlyMap<ClusterId, TunnelView>;
  /** The user's known Access policies, by hostname. */
  readonly policies: ReadonlyMap<string, Policy>;
}

export function stateOf({ clusters, cells, tunnels, policies, ...rest }: Snapshot): AgentState {
  return {
    ...rest,
    clusters: new Map(clusters.map((cluster) => [cluster.id, cluster])),
    cells: new Map(cells.map((cell) => [cell.id, cell])),
    tunnels: new Map(tunnels.map((tunnel) => [tunnel.cluster, tunnel])),
    policies: new Map(policies.map((policy) => [policy.hostname, policy])),
  };
}

export function snapshotOf({ clusters, cells, tunnels, policies, ...rest }: AgentState): Snapshot {
  return {
    ...rest,
    clusters: [...clusters.values()],
    cells: [...cells.values()],
    tunnels: [...tunnels.values()],
    policies: [...policies.values()],
  };
}

/** Returns the state after a change, with the other fields that a shell keeps in it. Imports no schema. */
export function applyChange<S extends AgentState>(state: S, change: Change): S {
  switch (change.kind) {
    case 'set':
      return withValues(state, change.values);
    case 'catalog':
      return {
        ...state,
        clusters: merged(state.clusters, change.upserted, change.removed),
        cells: merged(state.cells, change.cells, change.removedCells),
      };
    case 'tunnel': {
      const { tunnel } = change;
      const tunnels = new Map(state.tunnels);
      if (tunnel.state.status === 'idle') tunnels.delete(tunnel.cluster);
      else tunnels.set(tunnel.cluster, tunnel);
      return { ...state, tunnels };
    }
    case 'policies': {
      const policies = new Map(state.policies);
      for (const hostname of change.forgotten) policies.delete(hostname);
      for (const policy of change.known) policies.set(policy.hostname, policy);
      return { ...state, policies };
    }
    case 'notice':
      return { ...state, notices: [...state.notices, change.notice].slice(-noticesAtMost) };
    case 'activity':
      return state;
    default:
      return assertNever(change);
  }
}

/** Returns true for a change of nothing but the figures (latency, bytes) of a tunnel that stays connected. */
export function isOfFigures(state: Pick<AgentState, 'tunnels'>, change: Change): boolean {
  return (
    change.kind === 'tunnel' &&
    change.tunnel.state.status === 'connected' &&
    state.tunnels.get(change.tunnel.cluster)?.state.status === 'connected'
  );
}

/** Returns a copy with these values of slices. */
export function withValues<S extends Slices>(state: S, values: SliceValues): S {
  const next: Record<string, unknown> = { ...state, ...values };
  for (const [key, value] of Object.entries(values)) if (value === null) delete next[key];
  return next as unknown as S;
}

function merged<K extends string, V extends { readonly id: K }>(
  known: ReadonlyMap<K, V>,
  upserted: readonly V[],
  removed: readonly K[],
): ReadonlyMap<K, V> {
  if (upserted.length === 0 && removed.length === 0) return known;
  const next = new Map(known);
  for (const id of removed) next.delete(id);
  for (const value of upserted) next.set(value.id, value);
  return next;
}
