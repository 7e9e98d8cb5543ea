import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { isUsable } from '../../main/model/is-usable.ts';

/** What can be done with one cluster. */
export const verbs = [
  'connect',
  'use',
  'open',
  'terminal',
  'copy',
  'link',
  'star',
  'unstar',
  'disconnect',
] as const;
export type Verb = (typeof verbs)[number];

interface Facts {
  readonly open: ReadonlySet<ClusterId>;
  readonly tunnels: ReadonlyMap<ClusterId, TunnelView>;
  readonly favourites: readonly ClusterId[];
  readonly kept: ReadonlySet<ClusterId>;
  readonly denied: ReadonlySet<string>;
  readonly current: ClusterId | undefined;
}

/** Returns whether an action makes sense for a cluster as it is. */
export function isPossible(verb: Verb, cluster: Cluster, facts: Facts): boolean {
  const { id, reach } = cluster;
  const { open, tunnels, favourites, kept, current } = facts;
  switch (verb) {
    case 'connect':
      return reach.kind !== 'none' && !open.has(id);
    case 'disconnect':
      return open.has(id);
    case 'use':
      return id !== current && isUsable(tunnels.get(id)?.state);
    case 'terminal':
      return reach.kind !== 'none';
    case 'open':
    case 'link':
      return true;
    case 'copy':
      return open.has(id) || kept.has(id);
    case 'star':
      return !favourites.includes(id);
    case 'unstar':
      return favourites.includes(id);
  }
}

/**
 * Returns what choosing a cluster does: connects it; makes one that is connected current; else opens its page, which says
 * why it cannot be used.
 */
export function primaryVerb(cluster: Cluster, facts: Facts): Verb {
  if (isPossible('use', cluster, facts)) return 'use';
  const { reach } = cluster;
  const isDenied = reach.kind === 'tunnel' && facts.denied.has(reach.hostname);
  return isPossible('connect', cluster, facts) && !isDenied ? 'connect' : 'open';
}

/** Returns all that can be done with a cluster, what choosing it does first. */
export function actionsOf(cluster: Cluster, facts: Facts): readonly Verb[] {
  const first = primaryVerb(cluster, facts);
  return [first, ...verbs.filter((verb) => verb !== first && isPossible(verb, cluster, facts))];
}
