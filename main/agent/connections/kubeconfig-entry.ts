import type { Cluster } from '../../model/cluster.ts';
import type { KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { Place } from '../tunnels/ports.ts';

/**
 * What kubectl is to run for a credential: an absolute path and the first arguments. It must not depend on PATH,
 * because kubectl's may hold another Node, or none.
 */
export interface PluginCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** A cluster's stanzas: its API through the local port, or as it is where there is none, and the credential through the agent. */
export function kubeconfigEntry(options: {
  readonly cluster: Cluster;
  /** What its context, cluster and user are called: `contextName`. */
  readonly name: string;
  readonly place: Place | undefined;
  readonly plugin: PluginCommand;
}): KubeconfigEntry {
  const { cluster, name, place, plugin } = options;
  return {
    id: cluster.id,
    name,
    cluster: {
      server: cluster.server,
      ...(cluster.certificateAuthorityData === undefined
        ? {}
        : { certificateAuthorityData: cluster.certificateAuthorityData }),
      ...(cluster.serverName === undefined ? {} : { tlsServerName: cluster.serverName }),
      // kubectl rejects `socks5h`; with `socks5` it leaves the resolving of names to the proxy all the same.
      ...(place === undefined
        ? {}
        : {
            proxyUrl: `socks5://${place.credentials.user}:${place.credentials.password}@127.0.0.1:${place.port}`,
          }),
    },
    user: {
      kind: 'exec',
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin.command,
      args: [...plugin.args, 'credential', cluster.id],
      interactiveMode: 'IfAvailable',
      // An id token goes to the server that the user allowed: this entry may be older than what is known of the cluster.
      ...(cluster.credential?.kind === 'oidc' ? { provideClusterInfo: true as const } : {}),
    },
    ...(cluster.namespace === undefined ? {} : { namespace: cluster.namespace }),
  };
}
