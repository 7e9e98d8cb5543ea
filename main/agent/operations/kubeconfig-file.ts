import path from 'node:path';
import { stringify } from 'yaml';
import { AppError } from '../../model/app-error.ts';
import { contextName } from '../../model/context-name.ts';
import type { Agent } from '../agent.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import { containerFolder } from '../api-proxy/container-folder.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { kubeconfigEntry } from '../connections/kubeconfig-entry.ts';
import type { Kubeconfig } from '../kubeconfig/kubeconfig.ts';
import { entryStanzas } from '../kubeconfig/stanza.ts';
import type { State } from '../state/state.ts';
import type { Clusters } from './clusters.ts';

/** Returns kubeconfigs of their own for programs and containers. The user's is neither read nor written. */
export function kubeconfigFileOperations(options: {
  readonly clusters: Pick<Clusters, 'find' | 'named'>;
  readonly catalog: Pick<Catalog, 'clusters'>;
  readonly state: Pick<State, 'get'>;
  readonly apiProxies: Pick<ApiProxies, 'forFile' | 'endFile' | 'list'>;
  readonly kubeconfig: Pick<Kubeconfig, 'owner'>;
}): Pick<Agent, 'kubeconfigFile' | 'endKubeconfigFile'> {
  const { clusters, catalog, state, apiProxies, kubeconfig } = options;
  const kubeconfigFile: Agent['kubeconfigFile'] = async ({ clusters: words, file, ...how }) => {
    const { container = false, readOnly, minutes } = how;
    const lifeMs = minutes === undefined ? undefined : minutes * 60_000;
    if (!path.isAbsolute(file)) throw new AppError('bad-input', `${file} is not an absolute path.`);
    if (container) await containerFolder(path.dirname(file));
    // On other systems containers run in a virtual machine, into which no socket leads.
    const isContainers = container && process.platform === 'linux';
    const found = await clusters.find(words);
    const { givenNames: given, settings } = state.get();
    const owner = await kubeconfig.owner();
    const all = await Promise.all(
      found.map(async (cluster) => {
        const proxy = await apiProxies.forFile(cluster, { file, isContainers, readOnly, lifeMs });
        const name = contextName(cluster, catalog.clusters(), { given, template: settings.contextName });
        const entry = kubeconfigEntry({
          cluster: { ...cluster, entryForm: 'tls' },
          name,
          local: undefined,
          proxy,
          plugin: { command: '', args: [] },
        });
        const names = { cluster: name, context: name, contextUser: name, namespace: entry.namespace };
        return { name, proxy, cluster, stanzas: entryStanzas(entry, owner, names, () => []) };
      }),
    );
    // The file is written again: what it named before is in no file any more.
    await apiProxies.endFile(file, { except: found.map(({ id }) => id) });
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
      ...(readOnly === undefined ? {} : { readOnly }),
      until: Math.min(...all.map(({ proxy }) => proxy.until)),
    };
  };
  return {
    kubeconfigFile,
    async endKubeconfigFile(file) {
      const ended = await apiProxies.endFile(file);
      if (ended.length > 0) return { ended: ended.map(clusters.named) };
      const known = [...new Set(apiProxies.list().flatMap(({ files }) => files.map((one) => one.file)))];
      throw new AppError('not-found', `No separate kubeconfig of k8s-tunnels works at ${file}.`, {
        hint: known.length === 0 ? 'There is none.' : `They are ${known.join(', ')}.`,
      });
    },
  };
}
