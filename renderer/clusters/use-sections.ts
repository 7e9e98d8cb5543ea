import { useEffect, useMemo, useRef } from 'react';
import type { Cluster, ClusterId } from '../../main/agent/catalog/cluster.ts';
import { useAgent, usePage } from '../agent/page.tsx';
import { text } from '../text/text.ts';
import { type Filter, passes } from './filters.ts';
import { holdOrder } from './hold-order.ts';
import { byTitle, layoutOf, type Section } from './layout.ts';
import { matches, prepareSearch, queryWords } from './search.ts';

/**
 * What the list shows: the clusters in their sections, or for a query one section of what it finds. Another `wish` is
 * another query, filter or grouping.
 */
export function useSections(
  query: string,
  filters: readonly Filter[],
  pointed: ClusterId | undefined,
): { readonly sections: readonly Section[]; readonly wish: string } {
  const clusters = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const favourites = useAgent((agent) => agent.favourites);
  const order = useAgent((agent) => agent.settings.favouritesOrder);
  const groupBy = useAgent((agent) => agent.settings.listGroup);
  const denied = useAgent((agent) => agent.denied);
  const failures = useAgent((agent) => agent.failures);
  const asked = usePage((page) => page.asked);
  const sorted = useMemo(() => byTitle(clusters.values()), [clusters]);
  useEffect(() => {
    // The rows are painted first.
    const timer = setTimeout(() => prepareSearch(sorted), 200);
    return () => clearTimeout(timer);
  }, [sorted]);
  const all = useMemo(() => {
    // One that is being tried stays where it is, then with what came of it.
    const isDenied = ({ id, reach }: Cluster) =>
      reach.kind === 'tunnel' && denied.has(reach.hostname) && !failures.has(id) && !asked.has(id);
    const facts = { open, favourites: new Set(favourites), isDenied };
    const chosen = filters.length === 0 ? sorted : sorted.filter((one) => passes(one, filters, facts));
    return layoutOf({ clusters: chosen, open, favourites, order, groupBy, isDenied });
  }, [sorted, open, favourites, order, groupBy, denied, failures, asked, filters]);
  const next = useMemo(() => {
    const words = queryWords(query);
    if (words.length === 0) return all;
    const found = all.flatMap((section) => section.clusters.filter((one) => matches(one, words)));
    if (found.length === 0) return [];
    const title = text.sections.found(found.length, sorted.length);
    return [{ id: 'found', title, clusters: found }];
  }, [all, sorted, query]);
  const wish = [query, groupBy, ...filters.map(({ id }) => id)].join('\n');
  const shown = useRef({ wish, sections: next });
  const sections = useMemo(() => {
    const { wish: before, sections: last } = shown.current;
    // Another wish is the person's own: its answer is shown whole, wherever the pointer rests.
    return pointed === undefined || before !== wish ? next : holdOrder(last, next, pointed);
  }, [next, pointed, wish]);
  useEffect(() => {
    shown.current = { wish, sections };
  }, [sections, wish]);
  return { sections, wish };
}
