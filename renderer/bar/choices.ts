import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { begins, clusterRank, nameRank } from '../../main/model/cluster-search.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import type { GroupBy } from '../../main/model/group-key.ts';
import { isProduction } from '../../main/model/is-production.ts';
import type { ResumeOffer } from '../../main/model/resume-offer.ts';
import type { Filter } from '../clusters/filters.ts';
import { queryWords } from '../clusters/search.ts';
import { clustersText } from '../clusters/text.ts';
import { locationOf } from '../text/location.ts';
import { actionsOf, isPossible, primaryVerb, type Verb, verbs } from './cluster-verbs.ts';
import { barText } from './text.ts';

const whole = [
  'signInToAll',
  'discover',
  'activity',
  'accounts',
  'settings',
  'setUp',
  'disconnectAll',
  'shortcuts',
] as const;

const ofSets = ['openSet', 'linkSet', 'removeSet'] as const;

/** An action that the bar offers. */
export type BarAction =
  | { readonly kind: Verb; readonly cluster: Cluster }
  | { readonly kind: (typeof whole)[number] }
  | { readonly kind: (typeof ofSets)[number]; readonly set: ClusterSet }
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'group'; readonly by: GroupBy }
  | { readonly kind: 'resume' }
  /** Closes the bar and shows the clusters that were found in the list. */
  | { readonly kind: 'list' };

export interface Choice {
  /** Unique among the choices. */
  readonly id: string;
  readonly title: string;
  readonly hint?: string | undefined;
  /** The name within the title: its end is never cut off. */
  readonly name?: string | undefined;
  /** Whether it affects a production cluster: marked, and ranked after equal matches. */
  readonly isProduction?: boolean;
  /** What choosing a cluster does: its title does not say it. */
  readonly verb?: string | undefined;
  /** The heading above it, if it is the first of several. */
  readonly section?: string | undefined;
  readonly action: BarAction;
}

export interface BarFacts {
  /** Sorted by title. */
  readonly clusters: readonly Cluster[];
  readonly open: ReadonlySet<ClusterId>;
  readonly tunnels: ReadonlyMap<ClusterId, TunnelView>;
  readonly favourites: readonly ClusterId[];
  readonly kept: ReadonlySet<ClusterId>;
  /** The hostnames that policies deny. */
  readonly denied: ReadonlySet<string>;
  readonly sets: readonly ClusterSet[];
  readonly current: ClusterId | undefined;
  /** The clusters that were connected last, the latest first. */
  readonly recent: readonly ClusterId[];
  readonly resume: ResumeOffer | undefined;
  /** What distinguishes clusters with the same title and location. */
  readonly different?: ReadonlyMap<ClusterId, string>;
  /** Whether switching to the cluster asks for confirmation. */
  readonly asksFirst: (cluster: Cluster) => boolean;
  readonly filters: readonly Filter[];
  /** ms since the epoch. */
  readonly now: number;
}

/** More than fit: what is left is in the list. */
const atMost = 24;
const recentAtMost = 5;
const pinnedAtMost = 8;
/** A word with fewer letters is no verb. */
const verbLetters = 2;
/** Shorter words offer no filters, groups and further actions of sets: too many match. */
const furtherLetters = 3;

/**
 * Returns what the bar offers: without a query what is at hand, by sections; with one what matches it, best first.
 * Production comes last among equals.
 */
export function choicesOf(query: string, facts: BarFacts): readonly Choice[] {
  const words = queryWords(query);
  return words.length === 0 ? atHand(facts) : found(words, facts);
}

/** Returns what can be done with the cluster or the set of a choice; empty if it is about neither. */
export function furtherChoices({ action }: Choice, facts: BarFacts): readonly Choice[] {
  const choices =
    'cluster' in action
      ? actionsOf(action.cluster, facts).map((kind) => verbChoice(kind, action.cluster, facts))
      : 'set' in action
        ? ofSets.map((kind) => setChoice(kind, action.set, facts))
        : [];
  // The heading names the cluster: its location in every line would say nothing new.
  return choices.map(({ hint, ...rest }) => (hint === barText.asks ? { ...rest, hint } : rest));
}

function atHand(facts: BarFacts): readonly Choice[] {
  const byId = new Map(facts.clusters.map((cluster) => [cluster.id, cluster]));
  const known = (ids: readonly ClusterId[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const ofClusters = (clusters: readonly Cluster[]) =>
    clusters.map((cluster) => clusterChoice(cluster, facts));
  const connected = [...facts.open].filter((id) => id !== facts.current);
  const recent = known([...new Set([...connected, ...facts.recent])].filter((id) => id !== facts.current));
  const shown = recent.slice(0, recentAtMost);
  const pinned = known(facts.favourites).filter((cluster) => !shown.includes(cluster));
  const { resume } = facts;
  return [
    ...(resume === undefined ? [] : [resumeChoice(resume, facts)]),
    ...inSection(barText.sections.recent, ofClusters(shown)),
    ...inSection(
      barText.sections.sets,
      facts.sets.map((set) => setChoice('openSet', set, facts)),
    ),
    ...inSection(barText.sections.pinned, ofClusters(pinned.slice(0, pinnedAtMost))),
    ...inSection(barText.sections.commands, commands(facts)),
  ];
}

function inSection(section: string, choices: readonly Choice[]): readonly Choice[] {
  return choices.map((choice, at) => (at === 0 ? { ...choice, section } : choice));
}

function found(words: readonly string[], facts: BarFacts): readonly Choice[] {
  const hits: { readonly rank: number; readonly isLast: boolean; readonly make: () => Choice }[] = [];
  const isLong = words.some((word) => word.length >= furtherLetters);
  const consider = (choice: Choice, also = '') => {
    const rank = nameRank(choice.title, words) ?? (also === '' ? undefined : nameRank(also, words));
    if (rank !== undefined) hits.push({ rank, isLast: choice.isProduction === true, make: () => choice });
  };
  let count = 0;
  for (const cluster of facts.clusters) {
    const rank = clusterRank(cluster, words);
    if (rank === undefined) continue;
    count += 1;
    hits.push({ rank, isLast: isProduction(cluster), make: () => clusterChoice(cluster, facts) });
  }
  for (const set of facts.sets) {
    const rank = nameRank(set.name, words);
    const choice = setChoice('openSet', set, facts);
    if (rank === undefined) consider(choice);
    else hits.push({ rank, isLast: choice.isProduction === true, make: () => choice });
    if (isLong) for (const kind of ['linkSet', 'removeSet'] as const) consider(setChoice(kind, set, facts));
  }
  for (const choice of commands(facts))
    if (isLong || choice.action.kind !== 'group') consider(choice, barText.alsoCalled[choice.id]);
  for (const filter of isLong ? facts.filters : [])
    consider({
      id: `filter ${filter.id}`,
      title: barText.filter(filter.title),
      action: { kind: 'filter', filter },
    });
  for (const kind of verbs) {
    const verb = `${barText.verbs[kind]('')} ${barText.alsoCalled[kind] ?? ''}`.toLowerCase();
    if (!words.some((word) => word.length >= verbLetters && begins(verb, word))) continue;
    for (const cluster of facts.clusters) {
      const rank = clusterRank(cluster, words, verb);
      if (rank === undefined || !isPossible(kind, cluster, facts)) continue;
      hits.push({ rank, isLast: isProduction(cluster), make: () => verbChoice(kind, cluster, facts) });
    }
  }
  const best = hits
    .sort((a, b) => a.rank - b.rank || Number(a.isLast) - Number(b.isLast))
    .slice(0, count === 0 ? atMost : atMost - 1)
    .map(({ make }) => make());
  const list: Choice = { id: 'list', title: barText.inList(count), action: { kind: 'list' } };
  return count === 0 ? best : [...best, list];
}

function commands(facts: BarFacts): readonly Choice[] {
  return [
    ...whole.flatMap((kind) =>
      kind === 'disconnectAll' && facts.open.size === 0
        ? []
        : { id: kind, title: barText.whole[kind], action: { kind } },
    ),
    ...(Object.entries(clustersText.filters.groups) as [GroupBy, string][]).map(([by, title]) => ({
      id: `group ${by}`,
      title: clustersText.filters.groupBy(title),
      action: { kind: 'group', by } as const,
    })),
  ];
}

function resumeChoice({ clusters, at }: ResumeOffer, { clusters: all, now }: BarFacts): Choice {
  const titles = clusters.flatMap((id) => all.find((one) => one.id === id)?.title ?? []);
  return { id: 'resume', title: barText.resume(titles, at, now), action: { kind: 'resume' } };
}

/** A cluster by its name: choosing it does what it needs next. */
function clusterChoice(cluster: Cluster, facts: BarFacts): Choice {
  const kind = primaryVerb(cluster, facts);
  const { id, title } = cluster;
  return {
    id: `cluster ${id}`,
    title,
    hint: hintOf(kind, cluster, facts),
    name: title,
    isProduction: isProduction(cluster),
    verb: barText.short[kind],
    action: { kind, cluster },
  };
}

function verbChoice(kind: Verb, cluster: Cluster, facts: BarFacts): Choice {
  return {
    id: `${kind} ${cluster.id}`,
    title: barText.verbs[kind](cluster.title),
    hint: hintOf(kind, cluster, facts),
    name: cluster.title,
    isProduction: isProduction(cluster),
    action: { kind, cluster },
  };
}

function hintOf(kind: Verb, cluster: Cluster, { asksFirst, different }: BarFacts): string {
  if (kind === 'use' && asksFirst(cluster)) return barText.asks;
  return [locationOf(cluster), different?.get(cluster.id) ?? []].flat().join(' · ');
}

function setChoice(kind: (typeof ofSets)[number], set: ClusterSet, { clusters }: BarFacts): Choice {
  const members = new Set(set.clusters);
  return {
    id: `${kind} ${set.name}`,
    title: barText.sets[kind](set.name),
    hint: barText.clusters(set.clusters.length),
    name: set.name,
    isProduction: clusters.some((one) => members.has(one.id) && isProduction(one)),
    action: { kind, set },
  };
}
