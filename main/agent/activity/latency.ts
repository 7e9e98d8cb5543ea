import type { LatencySample } from '../../model/activity-entry.ts';
import type { TunnelView } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Clock } from '../parts.ts';

/** Some 25 minutes of a tunnel that is up. */
const atMost = 60;
/**
 * An open window has tunnels probed more often than a chart of these minutes needs: of probes close together, only the
 * newest is kept.
 */
const apartMs = 30_000;

/** Stores how long the last probes of each tunnel took, since the agent's start. */
export function createLatency(clock: Pick<Clock, 'now'>): {
  hear(tunnel: TunnelView): void;
  /** Returns the samples, the oldest first. */
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
      // The same probe is reported again with every other change of a tunnel. A closed tunnel is not probed.
      if (sample.at === last?.at || (state.status === 'closing' && last?.ms === undefined)) return;
      const before = samples.at(-2);
      const areAnswers = [before, last, sample].every((one) => one?.ms !== undefined);
      const isClose = areAnswers && sample.at - (before?.at ?? 0) < apartMs;
      known.set(cluster, [...(isClose ? samples.slice(0, -1) : samples).slice(1 - atMost), sample]);
    },
    of: (id) => known.get(id) ?? [],
  };
}
