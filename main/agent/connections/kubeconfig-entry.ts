import type { Cluster } from '../../model/cluster.ts';
import { type EntryForm, type ExecApiVersion, namespaceOf } from '../../model/entry-form.ts';
import type { TlsEndpoint } from '../api-proxy/tls-endpoint.ts';
import type { KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { LocalPort } from '../tunnels/ports.ts';

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
  readonly local: LocalPort | undefined;
  /** The entry form. Where undefined, that of the cluster's tag, else SOCKS5. */
  readonly form?: EntryForm | undefined;
  /** The local TLS proxy, for the form `tls`: with it, the entry holds nothing but its secret. */
  readonly proxy?: TlsEndpoint | undefined;
  readonly plugin: PluginCommand;
  /** The version of the exec credential API: v1 where undefined. */
  readonly execApiVersion?: ExecApiVersion | undefined;
}): KubeconfigEntry {
  const { cluster, name, local, proxy, plugin, execApiVersion = 'v1' } = options;
  const form = options.form ?? cluster.entryForm ?? 'socks5';
  const own = namespaceOf(cluster);
  const namespace = own === undefined ? {} : { namespace: own };
  if (form === 'tls' && proxy !== undefined)
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
      ...(local === undefined ? {} : { proxyUrl: proxyUrl(local, form) }),
    },
    user: {
      kind: 'exec',
      apiVersion: `client.authentication.k8s.io/${execApiVersion}`,
      command: plugin.command,
      args: [...plugin.args, 'credential', cluster.id],
      interactiveMode: 'IfAvailable',
      ...environmentOf(plugin, execApiVersion),
      // Send an id token only to the server that the user allowed: this entry may be older than what is known about the
      // cluster.
      ...(cluster.credential?.kind === 'oidc' ? { provideClusterInfo: true as const } : {}),
    },
    ...namespace,
  };
}

/**
 * The plugin must answer in the version that the entry names, and client-go says that in KUBERNETES_EXEC_INFO only from 1.20
 * on (kubernetes/kubernetes#95489). Newer ones replace this value.
 */
function environmentOf({ env }: PluginCommand, version: ExecApiVersion) {
  const info = JSON.stringify({
    apiVersion: `client.authentication.k8s.io/${version}`,
    kind: 'ExecCredential',
    spec: {},
  });
  const asked = version === 'v1' ? {} : { KUBERNETES_EXEC_INFO: info };
  return env === undefined && version === 'v1' ? {} : { env: { ...env, ...asked } };
}

function proxyUrl({ credentials: { user, password }, port }: LocalPort, form: EntryForm): string {
  // kubectl rejects `socks5h`. With `socks5` it leaves name resolution to the proxy as well.
  return `${form === 'connect' ? 'http' : 'socks5'}://${user}:${password}@127.0.0.1:${port}`;
}
