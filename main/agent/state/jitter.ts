import { isDeepStrictEqual } from 'node:util';
import type { Change, TunnelView } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';

/** A latency as close as this to the one that a subscriber knows tells a user nothing: the larger one counts. */
const close = { ms: 5, share: 0.2 } as const;

type Subscribe = (listener: (change: Change) => void) => () => void;

/**
 * Returns a subscription without the jitter of idle tunnels: it leaves out a change of nothing but the latency of a
 * connected tunnel while that stays close to the last one it has passed on. To send and draw each probe costs as much as
 * the probe itself.
 */
export function withoutJitter(subscribe: Subscribe): Subscribe {
  return (listener) => {
    const sent = new Map<ClusterId, TunnelView>();
    return subscribe((change) => {
      if (change.kind === 'tunnel') {
        const { tunnel } = change;
        const known = sent.get(tunnel.cluster);
        if (known !== undefined && isAlike(known, tunnel)) return;
        if (tunnel.state.status === 'connected') sent.set(tunnel.cluster, tunnel);
        else sent.delete(tunnel.cluster);
      }
      listener(change);
    });
  };
}

function isAlike({ state: before, ...known }: TunnelView, { state: now, ...tunnel }: TunnelView): boolean {
  return (
    before.status === 'connected' &&
    now.status === 'connected' &&
    before.since === now.since &&
    Math.abs(now.probe.totalMs - before.probe.totalMs) <=
      Math.max(close.ms, close.share * before.probe.totalMs) &&
    isDeepStrictEqual(known, tunnel)
  );
}
