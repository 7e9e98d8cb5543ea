import { useMemo } from 'react';
import { type ResumeOffer, resumeOffer } from '../../main/model/resume-offer.ts';
import { useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';

/** Returns the clusters to offer to connect together, of those that are still known; undefined if there are none. */
export function useResumeOffer(): ResumeOffer | undefined {
  const recent = useAgent((agent) => agent.recent);
  const tunnels = useAgent((agent) => agent.steady);
  const known = useAgent((agent) => agent.clusters);
  const agent = useAgent((state) => state.agent);
  const now = useMinute();
  return useMemo(() => {
    const offer = resumeOffer(
      { ...(recent === undefined ? {} : { recent }), tunnels: tunnels.values(), agent },
      now,
    );
    const clusters = offer?.clusters.filter((id) => known.has(id)) ?? [];
    return offer === undefined || clusters.length === 0 ? undefined : { ...offer, clusters };
  }, [recent, tunnels, known, agent, now]);
}
