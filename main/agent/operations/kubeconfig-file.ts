import { stringify } from 'yaml';
import { contextName } from '../../model/context-name.ts';
import type { Agent } from '../agent.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { kubeconfigEntry } from '../connections/kubeconfig-entry.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { entryStanzas } from '../kubeconfig/stanza.ts';
import type { State } from '../state/state.ts';
import type { Clusters } from './clusters.ts';

/** Returns a kubeconfig of its own for one program. The user's is neither read nor written. */
export function kubeconfigFileOperation(options: {
  readonly clusters: Pick<Clusters, 'find' | 'named'>;
  readonly catalog: Pick<Catalog, 'clusters'>;
  readonly state: Pick<State, 'get'>;
  readonly apiProxies: Pick<ApiProxies, 'forFile'>;
  readonly kubeconfig: Pick<Kubeconfig, 'owner'>;
}): Agent['kubeconfigFile'] {
  const { clusters, catalog, state, apiProxies, kubeconfig } = options;
  return async ({ clusters: words }) => {
    const found = await clusters.find(words);
    const { givenNames: given, settings } = state.get();
    const owner = await kubeconfig.owner();
    const all = await Promise.all(
      found.map(async (cluster) => {
        const proxy = await apiProxies.forFile(cluster);
        const name = contextName(cluster, catalog.clusters(), { given, template: settings.contextName });
        const entry = kubeconfigEntry({
          cluster: { ...cluster, entryForm: 'tls' },
          name,
          place: undefined,
          proxy,
          plugin: { command: '', args: [] },
        });
        const names = { cluster: name, context: name, contextUser: name, namespace: entry.namespace };
        return { name, proxy, cluster, stanzas: entryStanzas(entry, owner, names, () => []) };
      }),
    );
    const listed = (list: 'clusters' | 'contexts' | 'users') =>
      all.flatMap(({ stanzas }) => stanzas.filter((one) => one.list === list).map(({ item }) => item));
    const [first] = all;
    return {
      kubeconfig: stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: listed('clusters'),
        contexts: listed('contexts'),
        users: listed('users'),
        'current-context': first?.name ?? '',
      }),
      clusters: all.map(({ name, cluster }) => ({ ...clusters.named(cluster.id), context: name })),
      until: Math.min(...all.map(({ proxy }) => proxy.until)),
    };
  };
}
