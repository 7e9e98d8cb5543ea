import type { Cluster } from '../../model/cluster.ts';
import type { EntryForm } from '../../model/entry-form.ts';
import type { ProxyPlace } from '../api-proxy/api-proxies.ts';
import type { KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { Place } from '../tunnels/ports.ts';

/**
 * The command that kubectl runs for a credential: an absolute path and the first arguments. It must not depend on PATH,
 * because kubectl's PATH may contain another Node, or none.
 */
export interface PluginCommand {
  readonly command: string;
  readonly args: readonly string[];
  /**
   * Variables that it must find as they are here. A client in a sandbox or a virtual environment has others, with which
   * it would not find the agent, or not even start.
   */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Returns a cluster's stanzas: its API through the local port, or directly if there is none, and the credential from
 * the agent. With the form `tls`: the local TLS proxy, which adds the credential, and the secret that opens it.
 */
export function kubeconfigEntry(options: {
  readonly cluster: Cluster;
  /** The name of its context, cluster and user: `contextName`. */
  readonly name: string;
  readonly place: Place | undefined;
  /** The entry form: SOCKS5 where undefined. */
  readonly form?: EntryForm | undefined;
  /** The local TLS proxy, for the form `tls`: with it, the entry holds nothing but its secret. */
  readonly proxy?: ProxyPlace | undefined;
  readonly plugin: PluginCommand;
}): KubeconfigEntry {
  const { cluster, name, place, form = 'socks5', proxy, plugin } = options;
  const namespace = cluster.namespace === undefined ? {} : { namespace: cluster.namespace };
  if (proxy !== undefined)
    return {
      id: cluster.id,
      name,
      cluster: {
        server: `https://127.0.0.1:${proxy.port}`,
        certificateAuthorityData: proxy.certificateAuthorityData,
      },
      user: { kind: 'token', token: proxy.secret },
      ...namespace,
    };
  return {
    id: cluster.id,
    name,
    cluster: {
      server: cluster.server,
      ...(cluster.certificateAuthorityData === undefined
        ? {}
        : { certificateAuthorityData: cluster.certificateAuthorityData }),
      ...(cluster.serverName === undefined ? {} : { tlsServerName: cluster.serverName }),
      ...(place === undefined ? {} : { proxyUrl: proxyUrl(place, form) }),
    },
    user: {
      kind: 'exec',
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin.command,
      args: [...plugin.args, 'credential', cluster.id],
      interactiveMode: 'IfAvailable',
      ...(plugin.env === undefined ? {} : { env: plugin.env }),
      // Send an id token only to the server that the user allowed: this entry may be older than what is known about the
      // cluster.
      ...(cluster.credential?.kind === 'oidc' ? { provideClusterInfo: true as const } : {}),
    },
    ...namespace,
  };
}

function proxyUrl({ credentials: { user, password }, port }: Place, form: EntryForm): string {
  // kubectl rejects `socks5h`. With `socks5` it leaves name resolution to the proxy as well.
  return `${form === 'connect' ? 'http' : 'socks5'}://${user}:${password}@127.0.0.1:${port}`;
}
