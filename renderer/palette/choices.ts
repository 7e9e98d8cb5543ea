import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { isUsable } from '../../main/model/is-usable.ts';
import type { Filter } from '../clusters/filters.ts';
import type { GroupBy } from '../clusters/groups.ts';
import { matches, queryWords, rankOf } from '../clusters/search.ts';
import { clustersText } from '../clusters/text.ts';
import { locationOf } from '../text/location.ts';
import { paletteText } from './text.ts';

const verbs = ['connect', 'disconnect', 'use', 'open', 'copy', 'star', 'unstar'] as const;
const whole = [
  'discover',
  'activity',
  'accounts',
  'settings',
  'setUp',
  'disconnectAll',
  'shortcuts',
] as const;

const ofSets = ['openSet', 'linkSet', 'removeSet'] as const;

/** An action that the palette offers. */
export type PaletteAction =
  | { readonly kind: (typeof verbs)[number]; readonly cluster: Cluster }
  | { readonly kind: (typeof whole)[number] }
  | { readonly kind: (typeof ofSets)[number]; readonly set: ClusterSet }
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'group'; readonly by: GroupBy };

export interface Choice {
  /** Unique among the choices. */
  readonly id: string;
  readonly title: string;
  readonly hint?: string | undefined;
  /** The name within the title: its end is never cut off. */
  readonly name?: string | undefined;
  /** Whether it affects a production cluster: marked, and ranked after equal matches. */
  readonly isProduction?: boolean;
  readonly action: PaletteAction;
}

export interface PaletteFacts {
  /** Sorted by title. */
  readonly clusters: readonly Cluster[];
  readonly open: ReadonlySet<ClusterId>;
  readonly tunnels: ReadonlyMap<ClusterId, TunnelView>;
  readonly favourites: ReadonlySet<ClusterId>;
  readonly kept: ReadonlySet<ClusterId>;
  readonly sets: readonly ClusterSet[];
  readonly current: ClusterId | undefined;
  /** What distinguishes clusters with the same title and location. */
  readonly different?: ReadonlyMap<ClusterId, string>;
  /** Whether switching to the cluster asks for confirmation. */
  readonly asksFirst: (cluster: Cluster) => boolean;
  readonly filters: readonly Filter[];
}

const atMost = 40;

/**
 * Returns what matches the query, best first, production last among equals. Without a query: global actions and
 * connected clusters.
 */
export function choicesOf(query: string, facts: PaletteFacts): readonly Choice[] {
  const words = queryWords(query);
  const ranks: Choice[][] = [];
  /** Builds a choice only if it may be shown. */
  const add = (rank: number, isLast: boolean, make: () => Choice) => {
    const at = 2 * rank + Number(isLast);
    ranks[at] ??= [];
    if (ranks[at].length < atMost) ranks[at].push(make());
  };
  const hits = new Map<string, readonly Cluster[]>();
  const clustersOf = (named: readonly string[]): readonly Cluster[] => {
    const key = named.join(' ');
    const known = hits.get(key) ?? facts.clusters.filter((cluster) => matches(cluster, named));
    hits.set(key, known);
    return known;
  };
  const consider = (choice: Choice) => {
    const title = choice.title.toLowerCase();
    if (words.every((word) => title.includes(word)))
      add(rankOf(choice.title, words), choice.isProduction === true, () => choice);
  };
  for (const kind of whole)
    if (kind !== 'disconnectAll' || facts.open.size > 0)
      consider({ id: kind, title: paletteText.whole[kind], action: { kind } });
  const production = new Set(facts.clusters.filter(isProduction).map(({ id }) => id));
  for (const set of facts.sets)
    for (const kind of ofSets)
      if (kind === 'openSet' || words.length > 0)
        consider({
          id: `${kind} ${set.name}`,
          title: paletteText.sets[kind](set.name),
          hint: paletteText.clusters(set.clusters.length),
          name: set.name,
          isProduction: set.clusters.some((id) => production.has(id)),
          action: { kind, set },
        });
  for (const kind of verbs) {
    const verb = `${paletteText.verbs[kind]('')} ${paletteText.alsoCalled[kind] ?? ''}`.toLowerCase();
    const named = words.filter((word) => !verb.includes(word));
    for (const cluster of clustersOf(named)) {
      if (words.length === 0 && !facts.open.has(cluster.id)) continue;
      if (!isPossible(kind, cluster, facts)) continue;
      const isLast = production.has(cluster.id);
      add(rankOf(cluster.title, words, verb), isLast, () => choiceOf(kind, cluster, facts));
    }
  }
  for (const [by, title] of Object.entries(clustersText.filters.groups) as [GroupBy, string][])
    consider({
      id: `group ${by}`,
      title: clustersText.filters.groupBy(title),
      action: { kind: 'group', by },
    });
  if (words.length > 0)
    for (const filter of facts.filters)
      consider({
        id: `filter ${filter.id}`,
        title: paletteText.filter(filter.title),
        action: { kind: 'filter', filter },
      });
  return ranks.flat().slice(0, atMost);
}

function choiceOf(
  kind: (typeof verbs)[number],
  cluster: Cluster,
  { asksFirst, different }: PaletteFacts,
): Choice {
  const where = [locationOf(cluster), different?.get(cluster.id) ?? []].flat().join(' · ');
  const hint = kind === 'use' && asksFirst(cluster) ? paletteText.asks : where;
  return {
    id: `${kind} ${cluster.id}`,
    title: paletteText.verbs[kind](cluster.title),
    hint,
    name: cluster.title,
    isProduction: isProduction(cluster),
    action: { kind, cluster },
  };
}

function isPossible(
  kind: (typeof verbs)[number],
  { id, reach }: Cluster,
  { open, tunnels, favourites, kept, current }: PaletteFacts,
): boolean {
  switch (kind) {
    case 'connect':
      return reach.kind !== 'none' && !open.has(id);
    case 'disconnect':
      return open.has(id);
    case 'use':
      return id !== current && isUsable(tunnels.get(id)?.state);
    case 'open':
      return true;
    case 'copy':
      return open.has(id) || kept.has(id);
    case 'star':
      return !favourites.has(id);
    case 'unstar':
      return favourites.has(id);
  }
}
