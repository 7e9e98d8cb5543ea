import type { Activity } from '../activity/activity.ts';
import type { Agent } from '../agent.ts';
import type { Connections } from '../connections/connections.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import type { State } from '../state/state.ts';
import type { Clusters } from './clusters.ts';

/** The operations on connected clusters and on-demand contexts. */
export function connectedOperations(options: {
  readonly clusters: Pick<Clusters, 'open' | 'withEntry' | 'named'>;
  readonly connections: Pick<
    Connections,
    'open' | 'retry' | 'disconnect' | 'disconnectAll' | 'remove' | 'rotate'
  >;
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'placeFor' | 'kubectl' | 'look'>;
  readonly activity: Pick<Activity, 'during'>;
  readonly state: Pick<State, 'get'>;
}): Pick<Agent, 'retry' | 'disconnect' | 'disconnectAll' | 'forget' | 'rotate'> {
  const { clusters, connections, restored, current, activity, state } = options;
  return {
    async retry({ clusters: words }) {
      await restored;
      return { tried: connections.retry(clusters.open(words)).map(clusters.named) };
    },
    async disconnect({ clusters: words, place }) {
      await restored;
      const ids = clusters.open(words);
      const { closed, warnings } = await activity.during(ids, () =>
        connections.disconnect(ids, place && current.placeFor(place)),
      );
      await current.look();
      return {
        closed: closed.map(clusters.named),
        kubectl: await current.kubectl(place),
        warnings: [...warnings],
      };
    },
    async disconnectAll() {
      await restored;
      const again = state.get().settings.reopenAtStart;
      await activity.during(connections.open(), () => connections.disconnectAll({ again }));
    },
    async forget({ clusters: words, place }) {
      await restored;
      const ids = clusters.withEntry(words);
      const { removed, warnings } = await activity.during(ids, () => connections.remove(ids));
      await current.look();
      return {
        forgotten: removed.map(clusters.named),
        kubectl: await current.kubectl(place),
        warnings: [...warnings],
      };
    },
    async rotate({ clusters: words }) {
      await restored;
      const { rotated, warnings } = await connections.rotate(clusters.withEntry(words));
      return { rotated: rotated.map(clusters.named), warnings: [...warnings] };
    },
  };
}
