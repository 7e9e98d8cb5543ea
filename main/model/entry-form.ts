import type { Cluster } from './cluster.ts';
import { opensReadOnly, type ReadOnlyProduction } from './opens-read-only.ts';
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
 * The version of the exec credential API in an entry. Clients from before kubectl 1.22, and libraries made with their
 * client-go, know `v1beta1` alone.
 */
export const execApiVersions = ['v1', 'v1beta1'] as const;
export type ExecApiVersion = (typeof execApiVersions)[number];

/** What decides about the entries of clusters. */
export interface EntrySettings extends ReadOnlyProduction {
  readonly entryForm: EntryForm;
  /** `CLUSTER_ID=FORM`. */
  readonly clusterEntryForms: readonly string[];
  readonly execApiVersion: ExecApiVersion;
}

/**
 * Returns true where nothing but a local TLS proxy serves the cluster: its API is a web application, which kubectl cannot
 * reach itself, or it is production that opens read-only, whose requests the proxy decides about.
 */
export function needsTls(
  cluster: Pick<Cluster, 'reach' | 'environment' | 'production'>,
  settings: ReadOnlyProduction,
): boolean {
  return isWebApplication(cluster) || opensReadOnly(cluster, settings);
}

/**
 * Returns the form of a cluster's entry: `tls` where nothing else serves it; else the user's for this cluster, else that of
 * its tag, else that of the organisation's rule, else that for all.
 */
export function entryFormOf(
  cluster: Pick<Cluster, 'reach' | 'id' | 'entryForm' | 'environment' | 'production' | 'byOrganisation'>,
  settings: Pick<EntrySettings, 'entryForm' | 'clusterEntryForms' | 'productionReadOnly'>,
): EntryForm {
  if (needsTls(cluster, settings)) return 'tls';
  return (
    ownEntryForm(cluster.id, settings) ??
    cluster.entryForm ??
    cluster.byOrganisation?.entryForm ??
    settings.entryForm
  );
}

/** Returns the form that the user has chosen for one cluster, if any. */
export function ownEntryForm(
  id: string,
  { clusterEntryForms }: Pick<EntrySettings, 'clusterEntryForms'>,
): EntryForm | undefined {
  return entryForms.find((form) => clusterEntryForms.includes(`${id}=${form}`));
}

/** Returns the setting with another form for a cluster, or without one where undefined. */
export function withEntryForm(
  id: string,
  form: EntryForm | undefined,
  { clusterEntryForms }: Pick<EntrySettings, 'clusterEntryForms'>,
): string[] {
  const others = clusterEntryForms.filter((one) => one.slice(0, one.lastIndexOf('=')) !== id);
  return form === undefined ? others : [...others, `${id}=${form}`];
}

/** Returns the exec API version of a cluster's entry: that of its tag, else of the organisation's rule, else the setting. */
export function execApiVersionOf(
  { execApiVersion, byOrganisation }: Pick<Cluster, 'execApiVersion' | 'byOrganisation'>,
  settings: Pick<EntrySettings, 'execApiVersion'>,
): ExecApiVersion {
  return execApiVersion ?? byOrganisation?.execApiVersion ?? settings.execApiVersion;
}

/** Returns the namespace of a cluster's context: that of its tag, else of the organisation; undefined: kubectl's default. */
export function namespaceOf({
  namespace,
  byOrganisation,
}: Pick<Cluster, 'namespace' | 'byOrganisation'>): string | undefined {
  return namespace ?? byOrganisation?.namespace;
}
