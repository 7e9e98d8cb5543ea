import type { Cluster } from './cluster.ts';
import { isWebApplication } from './web-application.ts';

/**
 * How a kubeconfig entry leads to the API. `socks5` and `connect` are the protocol in its `proxy-url`, both on one local
 * port (`socks5://`, and `http://` for HTTP CONNECT, which more clients can use with a password). `tls` names a local TLS
 * proxy in place of the API server, and a token in place of a plugin: for clients that support neither. Without zod: the
 * command line has it too.
 */
export const entryForms = ['socks5', 'connect', 'tls'] as const;
export type EntryForm = (typeof entryForms)[number];

/**
 * Returns the form of a cluster's entry: `tls` where its API is a web application, which kubectl cannot reach itself; else
 * that of its tag, else that of the setting.
 */
export function entryFormOf(cluster: Pick<Cluster, 'reach' | 'entryForm'>, setting: EntryForm): EntryForm {
  return isWebApplication(cluster) ? 'tls' : (cluster.entryForm ?? setting);
}
