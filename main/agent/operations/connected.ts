import { toPlainError } from '../../model/app-error.ts';
import type { Activity } from '../activity/activity.ts';
import type { Agent } from '../agent.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Connections } from '../connections/connections.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import type { Clock, Logger } from '../parts.ts';
import type { State } from '../state/state.ts';
import type { Clusters } from './clusters.ts';

/** Longer than the kubeconfig waits for the lock of another program. */
const quitLimitMs = 20_000;

/** The operations on connected clusters and on-demand contexts. */
export function connectedOperations(options: {
  readonly clusters: Pick<Clusters, 'open' | 'withEntry' | 'named'>;
  readonly connections: Pick<
    Connections,
    'open' | 'retry' | 'disconnect' | 'disconnectAll' | 'remove' | 'rotate'
  >;
  readonly apiProxies: Pick<ApiProxies, 'list' | 'end'>;
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'sourceFor' | 'kubectlAfter' | 'look'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly activity: Pick<Activity, 'during'>;
  readonly state: Pick<State, 'get'>;
}): Pick<Agent, 'retry' | 'disconnect' | 'disconnectAll' | 'forget' | 'rotate'> {
  const { clusters, connections, apiProxies, restored, current, activity, state } = options;
  return {
    async retry({ clusters: words }) {
      await restored;
      return { tried: connections.retry(clusters.open(words)).map(clusters.named) };
    },
    async disconnect({ clusters: words, place: caller }) {
      await restored;
      const ids = clusters.open(words);
      const { closed, warnings } = await activity.during(ids, () =>
        connections.disconnect(ids, caller && current.sourceFor(caller)),
      );
      await current.look();
      return { closed: closed.map(clusters.named), ...(await current.kubectlAfter(caller, warnings)) };
    },
    async disconnectAll() {
      const again = state.get().settings.reopenAtStart;
      const disconnect = async () => {
        await restored;
        await activity.during(connections.open(), () => connections.disconnectAll({ again }));
      };
      const work = disconnect().catch((error: unknown) =>
        options.logger.error('Not everything is disconnected', { error: toPlainError(error) }),
      );
      // A file system that does not answer must not keep the agent from ending: its tunnels end with it.
      await Promise.race([work, options.clock.sleep(quitLimitMs)]);
    },
    async forget({ clusters: words, place: caller }) {
      await restored;
      const ids = clusters.withEntry(words);
      const { removed, warnings } = await activity.during(ids, () => connections.remove(ids));
      await current.look();
      return { forgotten: removed.map(clusters.named), ...(await current.kubectlAfter(caller, warnings)) };
    },
    async rotate({ clusters: words }) {
      await restored;
      // Separate kubeconfigs lead to clusters without an entry, too.
      const separate = apiProxies.list().flatMap(({ cluster, files }) => (files.length > 0 ? [cluster] : []));
      const ids = clusters.withEntry(words);
      const ended = separate.filter((id) => words === 'all' || ids.includes(id));
      await apiProxies.end((id) => ended.includes(id));
      const { rotated, warnings } = await connections.rotate(ids);
      const all = [...new Set([...rotated, ...ended])];
      return { rotated: all.map(clusters.named), warnings: [...warnings] };
    },
  };
}
