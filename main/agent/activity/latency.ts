import type { LatencySample } from '../../model/activity-entry.ts';
import type { TunnelView } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Clock } from '../parts.ts';

/** Some 25 minutes of a tunnel that is up. */
const atMost = 60;
/** A window has tunnels probed more often than a picture of these minutes needs: of close ones only the newest stays. */
const apartMs = 30_000;

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
      const before = samples.at(-2);
      const areAnswers = [before, last, sample].every((one) => one?.ms !== undefined);
      const isClose = areAnswers && sample.at - (before?.at ?? 0) < apartMs;
      known.set(cluster, [...(isClose ? samples.slice(0, -1) : samples).slice(1 - atMost), sample]);
    },
    of: (id) => known.get(id) ?? [],
  };
}
