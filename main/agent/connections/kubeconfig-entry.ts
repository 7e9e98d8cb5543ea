import type { Cluster } from '../../model/cluster.ts';
import type { KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { Place } from '../tunnels/ports.ts';

/**
 * The command that kubectl runs for a credential: an absolute path and the first arguments. It must not depend on PATH,
 * because kubectl's PATH may contain another Node, or none.
 */
export interface PluginCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Returns a cluster's stanzas: its API through the local port, or directly if there is none, and the credential from
 * the agent.
 */
export function kubeconfigEntry(options: {
  readonly cluster: Cluster;
  /** The name of its context, cluster and user: `contextName`. */
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
      // kubectl rejects `socks5h`. With `socks5` it leaves name resolution to the proxy as well.
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
      // Send an id token only to the server that the user allowed: this entry may be older than what is known about the
      // cluster.
      ...(cluster.credential?.kind === 'oidc' ? { provideClusterInfo: true as const } : {}),
    },
    ...(cluster.namespace === undefined ? {} : { namespace: cluster.namespace }),
  };
}
