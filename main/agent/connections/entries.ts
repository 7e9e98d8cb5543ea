import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { contextName } from '../../model/context-name.ts';
import {
  type EntryForm,
  type EntrySettings,
  entryFormOf,
  execApiVersionOf,
  needsTls,
} from '../../model/entry-form.ts';
import type { ReadOnly } from '../../model/read-only.ts';
import { defaultSettings } from '../../model/settings.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigEntry, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { LocalPort } from '../tunnels/ports.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import type { GivenNames } from './given-names.ts';
import { kubeconfigEntry, type PluginCommand } from './kubeconfig-entry.ts';

/** The kubeconfig entries of clusters. */
export interface Entries {
  /** Returns the name of a cluster's context, which also names it on a command line. */
  nameOf(cluster: Cluster): string;
  /** Returns the form of a cluster's entry: by its origin, else the user's for it, else that of its tag, else that for all. */
  formOf(cluster: Cluster): EntryForm;
  /**
   * Resolves with a cluster's entry through that port, or directly to the API if there is none. With `own`, uses that form
   * whatever the setting and the cluster's tag say, unless nothing but `tls` serves it. With the form `tls` its local TLS proxy listens then; rejects as
   * `ApiProxies.forEntry` does.
   */
  through(cluster: Cluster, local: LocalPort | undefined, own?: OwnForm): Promise<KubeconfigEntry>;
  /**
   * Resolves with a cluster's entry through the port of its tunnel. Rejects as `through` does, or if the tunnel has no
   * port and needs one.
   */
  of(cluster: Cluster, tunnel: Tunnel): Promise<KubeconfigEntry>;
  /** Listens on the port of a cluster's local TLS proxy, if its entry has that form. Rejects as `through` does. */
  standBy(cluster: Cluster): Promise<void>;
  /**
   * Writes entries when nobody waits for the warnings: reports each one as a notice, once. Rejects as `Kubeconfig`
   * does.
   */
  write(source: KubeconfigSource, entries: readonly KubeconfigEntry[]): Promise<void>;
}

/** The form of one file's entry: also one of the form `tls` whose secret is a terminal's, and only reads. */
export type OwnForm = EntryForm | { readonly terminal: string; readonly readOnly: ReadOnly };

export function createEntries(options: {
  readonly catalog: Catalog;
  readonly kubeconfig: Kubeconfig;
  readonly given: GivenNames;
  readonly plugin: PluginCommand;
  /** The template of context names: the cluster's name where undefined. */
  readonly contextTemplate?: (() => string) | undefined;
  /** Returns the settings that decide about entries: the defaults where undefined. */
  readonly entrySettings?: (() => EntrySettings) | undefined;
  readonly apiProxies?: Pick<ApiProxies, 'forEntry' | 'forTerminal'> | undefined;
  readonly noticeOnce: (level: 'info' | 'warning', message: string) => void;
}): Entries {
  const { catalog, kubeconfig, given, plugin, apiProxies, contextTemplate, noticeOnce } = options;
  const nameOf = (cluster: Cluster) =>
    contextName(cluster, catalog.clusters(), { given: given.list(), template: contextTemplate?.() });
  const { entrySettings = () => defaultSettings } = options;
  const formOf: Entries['formOf'] = (cluster) => entryFormOf(cluster, entrySettings());
  const through: Entries['through'] = async (cluster, local, own = formOf(cluster)) => {
    const isReadOnly = typeof own === 'object';
    const form = isReadOnly || needsTls(cluster, entrySettings()) ? 'tls' : own;
    const proxy = isReadOnly
      ? await apiProxies?.forTerminal(cluster, own)
      : form === 'tls'
        ? await apiProxies?.forEntry(cluster)
        : undefined;
    if (isReadOnly && proxy === undefined) throw new AppError('internal', 'There is no local TLS proxy.');
    const name = nameOf(cluster);
    given.give(name, cluster.id);
    return kubeconfigEntry({
      cluster,
      name,
      local,
      form,
      proxy,
      plugin,
      execApiVersion: execApiVersionOf(cluster, entrySettings()),
    });
  };
  return {
    nameOf,
    formOf,
    through,
    async of(cluster, tunnel) {
      const local = tunnel.localPort();
      if (local === undefined && tunnel.connector() !== 'direct' && formOf(cluster) !== 'tls')
        throw new AppError('internal', `${cluster.title} has no port.`);
      return through(cluster, local);
    },
    async standBy(cluster) {
      if (formOf(cluster) === 'tls') await apiProxies?.forEntry(cluster);
    },
    async write(source, entries) {
      const { warnings } = await kubeconfig.add(source, entries, {});
      for (const warning of warnings) noticeOnce('warning', warning);
    },
  };
}
