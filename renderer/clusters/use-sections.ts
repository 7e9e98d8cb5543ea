import { useEffect, useMemo, useRef } from 'react';
import type { Cluster } from '../../main/model/cluster.ts';
import { prepareSearch, ranked } from '../../main/model/cluster-search.ts';
import { useAgent, usePage } from '../agent/page.tsx';
import { type Filter, passes } from './filters.ts';
import { holdOrder } from './hold-order.ts';
import { byTitle, countOf, layoutOf, type Section } from './layout.ts';
import { queryWords } from './search.ts';
import { clustersText } from './text.ts';
import type { PointedView } from './use-pointed.ts';

/** The content of the list. */
export interface ListView {
  readonly sections: readonly Section[];
  /** Changes with the query, the filters and the grouping. */
  readonly queryKey: string;
  readonly counts: ListCounts;
}

export interface ListCounts {
  /** Clusters with a row in the list, visible or not. */
  readonly shown: number;
  /** Clusters that are searched. */
  readonly searched: number;
  /** All clusters, while a query or a filter hides some. */
  readonly of: number | undefined;
  /** New clusters that wait until the pointer rests. */
  readonly waiting: number;
}

/**
 * Returns the clusters in their sections, or the matches of a query in one section, best first. While the pointer is on
 * a row, no row above it moves.
 */
export function useSections({
  query,
  filters,
  foldsDenied,
  pointer: { pointed, isResting },
}: {
  readonly query: string;
  readonly filters: readonly Filter[];
  readonly foldsDenied: boolean;
  readonly pointer: Pick<PointedView, 'pointed' | 'isResting'>;
}): ListView {
  const clusters = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const favourites = useAgent((agent) => agent.favourites);
  const order = useAgent((agent) => agent.settings.favouritesOrder);
  const groupBy = useAgent((agent) => agent.settings.listGroup);
  const denied = useAgent((agent) => agent.denied);
  const deniedForGood = useAgent((agent) => agent.deniedForGood);
  const failures = useAgent((agent) => agent.failures);
  const asked = usePage((page) => page.asked);
  const sorted = useMemo(() => byTitle(clusters.values()), [clusters]);
  useEffect(() => {
    // Let the rows be painted first.
    const timer = setTimeout(() => prepareSearch(sorted), 200);
    return () => clearTimeout(timer);
  }, [sorted]);
  const all = useMemo(() => {
    // A cluster that is being connected keeps its section, and so does its result.
    const isAmong =
      (hostnames: ReadonlySet<string>) =>
      ({ id, reach }: Cluster) =>
        reach.kind === 'tunnel' && hostnames.has(reach.hostname) && !failures.has(id) && !asked.has(id);
    const facts = { open, favourites: new Set(favourites), isDenied: isAmong(denied) };
    const chosen = filters.length === 0 ? sorted : sorted.filter((one) => passes(one, filters, facts));
    const isDenied = isAmong(deniedForGood);
    return layoutOf({ clusters: chosen, open, favourites, order, groupBy, isDenied });
  }, [sorted, open, favourites, order, groupBy, denied, deniedForGood, failures, asked, filters]);
  const next = useMemo(() => {
    const words = queryWords(query);
    if (words.length === 0) return all;
    const found = ranked(
      all.flatMap((section) => section.clusters),
      words,
    );
    if (found.length === 0) return [];
    return [{ id: 'found', title: clustersText.sections.found, clusters: found }];
  }, [all, query]);
  const queryKey = [query, groupBy, ...filters.map(({ id }) => id)].join('\n');
  const shown = useRef({ queryKey, sections: next });
  const sections = useMemo(() => {
    const { queryKey: before, sections: last } = shown.current;
    // The user changed the query: show the full result, wherever the pointer rests.
    return pointed === undefined || before !== queryKey
      ? next
      : holdOrder({ shown: last, next, pointed, isResting });
  }, [next, pointed, isResting, queryKey]);
  useEffect(() => {
    shown.current = { queryKey, sections };
  }, [sections, queryKey]);
  return useMemo(() => {
    const held = new Set(sections.flatMap((section) => section.clusters.map(({ id }) => id)));
    const waiting = next.flatMap((section) => section.clusters).filter(({ id }) => !held.has(id)).length;
    const isWhole = query.trim() === '' && filters.length === 0;
    const counts = {
      shown: countOf(sections.filter(({ id }) => id !== 'denied' || !foldsDenied)),
      searched: isWhole ? countOf(sections) : sorted.length,
      of: isWhole ? undefined : sorted.length,
      waiting,
    };
    return { sections, queryKey, counts };
  }, [sections, queryKey, next, sorted, query, filters, foldsDenied]);
}
