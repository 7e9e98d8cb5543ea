import type { Change, Snapshot } from '../model/agent-view.ts';
import { assertNever } from '../model/assert-never.ts';

/** The state after a change. Imports no schema: the window and the tray follow the agent with it. */
export function applyChange(snapshot: Snapshot, change: Change): Snapshot {
  switch (change.kind) {
    case 'catalog':
      return {
        ...snapshot,
        clusters: merge(snapshot.clusters, change.upserted, change.removed),
        cells: merge(snapshot.cells, change.cells, change.removedCells),
      };
    case 'tunnel': {
      const { cluster, state } = change.tunnel;
      const others = snapshot.tunnels.filter((tunnel) => tunnel.cluster !== cluster);
      return { ...snapshot, tunnels: state.status === 'idle' ? others : [...others, change.tunnel] };
    }
    case 'notice':
      return { ...snapshot, notices: [...snapshot.notices, change.notice].slice(-100) };
    case 'discovery':
      return { ...snapshot, discovery: change.discovery };
    case 'logins':
      return { ...snapshot, logins: change.logins };
    case 'sessions':
      return { ...snapshot, sessions: change.sessions, endedSessions: change.endedSessions ?? [] };
    case 'kubectl':
      return { ...snapshot, kubectl: change.kubectl };
    case 'favourites':
      return { ...snapshot, favourites: change.favourites };
    case 'sets':
      return { ...snapshot, sets: change.sets };
    case 'kept':
      return { ...snapshot, kept: change.kept };
    case 'policies': {
      const { known, forgotten } = change;
      const gone = new Set([...forgotten, ...known.map(({ hostname }) => hostname)]);
      const others = snapshot.policies.filter(({ hostname }) => !gone.has(hostname));
      return { ...snapshot, policies: [...others, ...known] };
    }
    case 'settings':
      return { ...snapshot, settings: change.settings, settingsFrom: change.settingsFrom };
    case 'organisation': {
      const { organisation: _, ...rest } = snapshot;
      return change.organisation === undefined ? rest : { ...rest, organisation: change.organisation };
    }
    case 'activity':
      return snapshot;
    case 'release': {
      const { release: _, ...rest } = snapshot;
      return change.release === undefined ? rest : { ...rest, release: change.release };
    }
    default:
      return assertNever(change);
  }
}

function merge<T extends { readonly id: string }>(
  known: readonly T[],
  upserted: readonly T[],
  removed: readonly string[],
): T[] {
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of upserted) byId.set(one.id, one);
  for (const id of removed) byId.delete(id);
  return [...byId.values()];
}
