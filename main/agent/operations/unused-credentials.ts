import type { ClusterId } from '../../model/cluster.ts';
import type { Clock } from '../parts.ts';
import type { ReportedRefusal } from '../tunnels/refusals.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

/** How long a client takes to connect with its credential. */
const connectsWithinMs = 10_000;

/**
 * Returns a function to call when a cluster's credential was given out. Reports each cluster once for which no connection
 * follows: its client ignores the proxy of the entry, and connects to nothing.
 */
export function watchUnusedCredentials(options: {
  readonly tunnels: {
    find(id: ClusterId): Pick<NonNullable<ReturnType<Tunnels['find']>>, 'traffic' | 'localPort'> | undefined;
  };
  readonly clock: Pick<Clock, 'timer'>;
  readonly onUnused: (refusal: ReportedRefusal) => void;
}): (id: ClusterId) => void {
  const { tunnels, clock, onUnused } = options;
  const reported = new Set<ClusterId>();
  return (id) => {
    const tunnel = tunnels.find(id);
    const before = tunnel?.traffic();
    const port = tunnel?.localPort()?.port;
    // A program with an open connection renews its credential.
    if (before === undefined || port === undefined || before.connections > 0 || reported.has(id)) return;
    clock.timer(connectsWithinMs, () => {
      const now = tunnel?.traffic();
      if (now === undefined || now.connections > 0 || now.sent > before.sent || reported.has(id)) return;
      reported.add(id);
      onUnused({ cluster: id, port, reason: 'form' });
    });
  };
}
