import type { Cluster } from '../catalog/cluster.ts';
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

/** A cluster's stanzas: its API through the local port, and the credential through the agent. */
export function kubeconfigEntry(options: {
  readonly cluster: Cluster;
  readonly place: Place;
  readonly plugin: PluginCommand;
}): KubeconfigEntry {
  const { cluster, place, plugin } = options;
  const { user, password } = place.credentials;
  return {
    id: cluster.id,
    name: cluster.title,
    cluster: {
      server: cluster.server,
      ...(cluster.certificateAuthorityData === undefined
        ? {}
        : { certificateAuthorityData: cluster.certificateAuthorityData }),
      ...(cluster.serverName === undefined ? {} : { tlsServerName: cluster.serverName }),
      // kubectl rejects `socks5h`; with `socks5` it leaves the resolving of names to the proxy all the same.
      proxyUrl: `socks5://${user}:${password}@127.0.0.1:${place.port}`,
    },
    user: {
      kind: 'exec',
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin.command,
      args: [...plugin.args, 'credential', cluster.id],
      interactiveMode: 'IfAvailable',
    },
    ...(cluster.namespace === undefined ? {} : { namespace: cluster.namespace }),
  };
}
