import { useEffect, useMemo, useRef } from 'react';
import type { Cluster, ClusterId } from '../../main/agent/catalog/cluster.ts';
import { useAgent, usePage } from '../agent/page.tsx';
import { text } from '../text/text.ts';
import { holdOrder } from './hold-order.ts';
import { byTitle, layoutOf, type Section } from './layout.ts';
import { matches, prepareSearch, queryWords } from './search.ts';

/** What the list shows: all clusters in their sections, or for a query one section of what it finds. */
export function useSections(query: string, pointed: ClusterId | undefined): readonly Section[] {
  const clusters = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const favourites = useAgent((agent) => agent.favourites);
  const order = useAgent((agent) => agent.settings.favouritesOrder);
  const denied = useAgent((agent) => agent.denied);
  const failures = useAgent((agent) => agent.failures);
  const asked = usePage((page) => page.asked);
  const sorted = useMemo(() => byTitle(clusters.values()), [clusters]);
  useEffect(() => {
    // The rows are painted first.
    const timer = setTimeout(() => prepareSearch(sorted), 200);
    return () => clearTimeout(timer);
  }, [sorted]);
  const sections = useMemo(() => {
    // One that is being tried stays where it is, then with what came of it.
    const isDenied = ({ id, reach }: Cluster) =>
      reach.kind === 'tunnel' && denied.has(reach.hostname) && !failures.has(id) && !asked.has(id);
    return layoutOf({ clusters: sorted, open, favourites, order, isDenied });
  }, [sorted, open, favourites, order, denied, failures, asked]);
  const next = useMemo(() => {
    const words = queryWords(query);
    if (words.length === 0) return sections;
    const found = sections.flatMap((section) => section.clusters.filter((one) => matches(one, words)));
    if (found.length === 0) return [];
    const title = text.sections.found(found.length, sorted.length);
    return [{ id: 'found', title, clusters: found }];
  }, [sections, sorted, query]);
  const shown = useRef({ query, sections: next });
  const held = useMemo(() => {
    const { query: before, sections } = shown.current;
    // Another query is the person's own wish: its answer is shown whole, wherever the pointer rests.
    return pointed === undefined || before !== query ? next : holdOrder(sections, next, pointed);
  }, [next, pointed, query]);
  useEffect(() => {
    shown.current = { query, sections: held };
  }, [held, query]);
  return held;
}
