import type { TunnelView } from '../agent-view.ts';
import type { ClusterId } from '../catalog/cluster.ts';
import type { Clock } from '../parts.ts';
import type { LatencySample } from './entry.ts';

/** Half an hour of a tunnel that stands. */
const atMost = 60;

/** How long the last probes of each tunnel took, since the agent's start. */
export function createLatency(clock: Pick<Clock, 'now'>): {
  hear(tunnel: TunnelView): void;
  /** The oldest first. */
  of(id: ClusterId): readonly LatencySample[];
} {
  const known = new Map<ClusterId, readonly LatencySample[]>();
  return {
    hear({ cluster, state }) {
      const samples = known.get(cluster) ?? [];
      const last = samples.at(-1);
      let sample: LatencySample;
      if (state.status === 'connected') sample = { at: state.probe.at, ms: state.probe.totalMs };
      else if ('failure' in state || state.status === 'closing') sample = { at: clock.now() };
      else return;
      // The same probe is told again with what else changes of a tunnel; of a closed one nothing is asked.
      if (sample.at === last?.at || (state.status === 'closing' && last?.ms === undefined)) return;
      known.set(cluster, [...samples.slice(1 - atMost), sample]);
    },
    of: (id) => known.get(id) ?? [],
  };
}
