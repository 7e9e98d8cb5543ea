import type { Snapshot } from '../model/agent-view.ts';
import type { ClusterId } from '../model/cluster.ts';
import { command } from '../model/command.ts';
import { opensReadOnly } from '../model/opens-read-only.ts';
import { timeLeft } from '../model/time-left.ts';
import { openTunnels } from './cluster-view.ts';
import { paint, printable } from './terminal.ts';

/** Says which connected production clusters are read-only, and which are unlocked, with the commands that change that. */
export function lockLines(
  snapshot: Pick<Snapshot, 'clusters' | 'settings' | 'tunnels' | 'unlocks'>,
  nameOf: (id: ClusterId) => string,
  now: number,
): readonly string[] {
  const { clusters, settings, unlocks = [] } = snapshot;
  const open = openTunnels(snapshot);
  const locked = clusters.filter(
    (one) =>
      open.has(one.id) &&
      opensReadOnly(one, settings) &&
      !unlocks.some(({ cluster, until }) => cluster === one.id && until > now),
  );
  return [
    ...unlocks
      .filter(({ until }) => until > now)
      .map(({ cluster, until, who, reason }) => {
        const lock = command`k8s-tunnels lock ${nameOf(cluster)}`;
        const text = `${nameOf(cluster)} is unlocked for writing, ${timeLeft(until, now)} left, as ${who}. Reason: ${reason}. Lock it: ${lock}`;
        return `${paint('yellow', '!')} ${printable(text)}`;
      }),
    ...locked.map(({ id }) => {
      const unlock = command`k8s-tunnels unlock ${nameOf(id)} --reason TEXT`;
      return paint('dim', printable(`${nameOf(id)} is production and read-only. Unlock it: ${unlock}`));
    }),
  ];
}
