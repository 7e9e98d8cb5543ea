import { useMemo } from 'react';
import { distinctions } from '../../main/model/distinction.ts';
import { isGuarded } from '../../main/model/is-production.ts';
import { useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { filtersOf } from '../clusters/filters.ts';
import { byTitle } from '../clusters/layout.ts';
import type { BarFacts } from './choices.ts';
import { useResumeOffer } from './use-resume-offer.ts';

/** Returns what the bar's choices depend on. */
export function useBarFacts(): BarFacts {
  const known = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const tunnels = useAgent((agent) => agent.steady);
  const favourites = useAgent((agent) => agent.favourites);
  const entries = useAgent((agent) => agent.kept);
  const denied = useAgent((agent) => agent.denied);
  const sets = useAgent((agent) => agent.sets);
  const closed = useAgent((agent) => agent.recent);
  const current = useAgent((agent) => agent.kubectl.cluster);
  const organisation = useAgent((agent) => agent.organisation);
  const resume = useResumeOffer();
  const now = useMinute();
  const clusters = useMemo(() => byTitle(known.values()), [known]);
  const different = useMemo(() => distinctions(known.values()), [known]);
  const filters = useMemo(() => filtersOf(clusters).flatMap((group) => group.filters), [clusters]);
  const kept = useMemo(() => new Set(entries), [entries]);
  const recent = useMemo(
    () => (closed ?? []).toSorted((a, b) => b.at - a.at).map(({ cluster }) => cluster),
    [closed],
  );
  return useMemo(
    () => ({
      clusters,
      open,
      tunnels,
      favourites,
      kept,
      denied,
      sets,
      current,
      recent,
      resume,
      different,
      asksFirst: (cluster) => isGuarded(cluster, organisation),
      filters,
      now,
    }),
    [
      clusters,
      open,
      tunnels,
      favourites,
      kept,
      denied,
      sets,
      current,
      recent,
      resume,
      different,
      organisation,
      filters,
      now,
    ],
  );
}
