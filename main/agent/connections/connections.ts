import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import type { EntryForm } from '../../model/entry-form.ts';
import type { Failure, Stage } from '../../model/tunnel-state.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigEntry, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { createConnect } from './connect.ts';
import { type CurrentContext, createCurrentContext } from './current-context.ts';
import { createDisconnect } from './disconnect.ts';
import { createEntries } from './entries.ts';
import { createEntryWatch, type EntryWatch } from './entry-watch.ts';
import type { PluginCommand } from './kubeconfig-entry.ts';
import type { ConnectRequest } from './production-guard.ts';
import { byPlace, placeOf, readRemembered } from './remembered.ts';
import { createReopen } from './reopen.ts';
import { createRestore } from './restore.ts';

export type Outcome =
  | {
      readonly status: 'connected';
      readonly cluster: Cluster;
      readonly context: string;
      /** Undefined if the API is reached directly. */
      readonly port: number | undefined;
      readonly latencyMs: number;
    }
  | {
      readonly status: 'failed';
      readonly cluster: Cluster;
      readonly error: AppError;
      readonly stage?: Stage;
      readonly mender?: Failure['mender'];
    };

/** The result of a connect, and what it did to the current context. */
export interface Connected {
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly string[];
  /** Production clusters of a link or a set that were not connected. */
  readonly left: readonly Cluster[];
  /** Production clusters because of which the current context was not switched. */
  readonly stays: readonly Cluster[];
  /** Set if the current context was switched. `from` is the previous one. */
  readonly switched?: { readonly from: string | undefined };
}

/**
 * A connection is a tunnel and its kubeconfig entry. Open connections are stored on disk, so that the next agent
 * reopens them after this one was killed. So are on-demand contexts, whose tunnel is closed and whose ports keep
 * listening.
 */
export interface Connections {
  /**
   * Opens the tunnels in parallel, then writes the entries of those that are up in one edit, and makes the first of
   * them current if the rule of production-guard.ts allows it. That rule may reject with `production-unconfirmed`
   * before anything is opened. A tunnel that fails is an outcome, not an error. If the kubeconfig cannot be written, or
   * the signal aborts, closes the tunnels that this call opened and rejects. With `forMs`, a switch ends after that
   * time.
   */
  connect(
    options: ConnectRequest & {
      readonly place: KubeconfigPlace;
      /** True if the settings say to switch. */
      readonly switches: boolean;
      readonly forMs?: number | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Connected>;
  /**
   * Closes the tunnels and restores the previous context. By the setting, entries stay as on-demand contexts whose
   * ports keep listening, or are removed.
   */
  disconnect(
    ids: readonly ClusterId[],
  ): Promise<{ readonly closed: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  /** For shutdown: disconnects what is open. With `again`, the next start reopens it. */
  disconnectAll(options: { readonly again: boolean }): Promise<void>;
  /**
   * Removes the entries, on-demand contexts too, restores the previous context and closes the tunnels. Replaces their
   * passwords: a password that was copied from the kubeconfig does not work when the cluster is connected again.
   */
  remove(
    ids: readonly ClusterId[],
  ): Promise<{ readonly removed: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  /**
   * Replaces the passwords of these clusters' ports, those of on-demand contexts too, and writes their entries. The old
   * passwords are refused from then on; open connections stay. Ignores clusters without an entry or a port.
   * Rejects as `Kubeconfig` does: the old passwords are refused even then, and another call writes the entries.
   */
  rotate(
    ids: readonly ClusterId[],
  ): Promise<{ readonly rotated: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  /**
   * Writes the entries of all clusters again, those of on-demand contexts too: what they say depends on a setting that has
   * changed. Passwords stay. Rejects as `Kubeconfig` does.
   */
  rewrite(): Promise<{ readonly warnings: readonly string[] }>;
  open(): readonly ClusterId[];
  kept(): readonly ClusterId[];
  /**
   * Resolves with a cluster's entry in the kubeconfig that contains it, or undefined if it has none. Rejects as
   * `Kubeconfig` does.
   */
  entry(id: ClusterId): ReturnType<Kubeconfig['entry']>;
  /**
   * Opens the closed tunnel of a cluster with an entry of ours, for a client that needs it. Clients at the same time
   * share one opening. Signs in with the browser if `interactive`. Resolves when the port listens and the tunnel is up,
   * or when the tunnel is not ours to open. Rejects with the error of the opening, with `access-login-needed` and the
   * command to run if no browser may be opened, with `access-login-timeout` or `timeout` after a minute.
   * Production needs no confirmation here, because this never switches the current context: a client of a closed
   * production cluster's port named its context for this one command (`--context`), or its user made it current, which
   * nobody does by mistake when they only meant to run the next command. The guard protects against the opposite: a
   * connect that redirects the commands that follow.
   */
  demand(id: ClusterId, options: { readonly interactive: boolean }): Promise<void>;
  /**
   * Retries open connections that do not work now, with a sign-in in the browser if that is missing. Returns their ids.
   */
  retry(ids: readonly ClusterId[]): readonly ClusterId[];
  /**
   * After a sign-in: reopens the connections that should be open and wait for it, if `isTheirs`, without a browser.
   * Returns at once.
   */
  resume(isTheirs: (id: ClusterId) => boolean): void;
  /**
   * Makes an open connection the current context, in the kubeconfig that contains its entry, with `forMs` for that
   * long. Rejects with `not-found` if it is not open, with `production-unconfirmed` if it or the context to restore is
   * a production cluster and `production` is not set.
   */
  use(options: {
    readonly cluster: Cluster;
    readonly production: boolean;
    readonly forMs?: number | undefined;
  }): Promise<void>;
  readonly back: CurrentContext['back'];
  readonly limit: CurrentContext['limit'];
  readonly checkLimits: CurrentContext['checkLimits'];
  readonly checkEntries: EntryWatch['checkEntries'];
  readonly entryFiles: EntryWatch['entryFiles'];
  /**
   * After a start: listens on the ports of on-demand contexts, and reopens what was open, on the same ports, without a
   * browser. What cannot be opened becomes an on-demand context or loses its entry, and `notice` reports it. Removes
   * entries of ours that are not stored.
   */
  restore(): Promise<void>;
}

export async function createConnections(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known' | 'rotate'>;
  readonly kubeconfig: Kubeconfig;
  readonly plugin: PluginCommand;
  /** The proxy protocol of entries: SOCKS5 where undefined. */
  readonly entryForm?: (() => EntryForm) | undefined;
  /** Reads the cluster fields that the listing left out, before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** As `notice`, but only once for each message. */
  readonly noticeOnce: (level: 'info' | 'warning', message: string) => void;
  /** Called when the result of `kept` has changed. */
  readonly onKept?: ((kept: readonly ClusterId[]) => void) | undefined;
  /** Called when entries or whole kubeconfigs cannot be used any more, or can be used again. */
  readonly onProblems?: Parameters<typeof createEntryWatch>[0]['onProblems'];
  /** Returns true if production requires a confirmation at all. It does where undefined. */
  readonly isGuarded?: (() => boolean) | undefined;
  /** Returns true if entries stay when their tunnels close. */
  readonly keepsEntries: () => boolean;
}): Promise<Connections> {
  const { isGuarded = () => true } = options;
  const remembered = await readRemembered(options);
  const currentContext = await createCurrentContext({ ...options, remembered, isGuarded });
  const { promise: listening, resolve: onListening } = Promise.withResolvers<void>();
  const entries = createEntries(options);
  const parts = { ...options, isGuarded, remembered, currentContext, entries, listening, onListening };
  const { settled, removeNow, ...disconnect } = createDisconnect(parts);
  const { share, ...reopen } = createReopen(parts);
  const { catalog, tunnels, ports, kubeconfig } = options;

  return {
    connect: createConnect({ ...parts, settled }),
    ...disconnect,
    ...reopen,
    restore: createRestore({ ...parts, removeNow, share }),
    async rotate(ids) {
      const rotated: ClusterId[] = [];
      const warnings: string[] = [];
      for (const [place, group] of byPlace(ids.flatMap((id) => remembered.get(id) ?? []))) {
        const renewed: KubeconfigEntry[] = [];
        for (const id of group) {
          const cluster = catalog.get(id);
          if (tunnels.find(id)?.connector() === 'direct' || ports.known(id) === undefined) continue;
          const port = await ports.rotate(id);
          rotated.push(id);
          if (cluster !== undefined) renewed.push(entries.through(cluster, port));
          else
            warnings.push(`${id} is not in the cluster list: its entry is written when it is found again.`);
        }
        if (renewed.length > 0) warnings.push(...(await kubeconfig.add(place, renewed, {})).warnings);
      }
      return { rotated, warnings };
    },
    async rewrite() {
      const warnings: string[] = [];
      for (const [place, group] of byPlace(remembered.all())) {
        const found = group.flatMap((id) => catalog.get(id) ?? []);
        const entriesOf = found.flatMap((cluster) => {
          const isDirect = tunnels.find(cluster.id)?.connector() === 'direct';
          const port = isDirect ? undefined : ports.known(cluster.id);
          return isDirect || port !== undefined ? entries.through(cluster, port) : [];
        });
        if (entriesOf.length > 0) warnings.push(...(await kubeconfig.add(place, entriesOf, {})).warnings);
      }
      return { warnings };
    },
    open: () => remembered.idsOf('open'),
    kept: () => remembered.idsOf('kept'),
    async entry(id) {
      const connection = remembered.get(id);
      return connection && kubeconfig.entry(placeOf(connection), id);
    },
    async use({ cluster, production, forMs }) {
      const { id, title } = cluster;
      const connection = remembered.get(id);
      if (connection?.status !== 'open') {
        throw new AppError('not-found', `${title} is not connected.`, {
          hint: `Connect it first: ${command`k8s-tunnels connect ${entries.nameOf(cluster)}`}`,
        });
      }
      await currentContext.use({ cluster, place: placeOf(connection), production, forMs });
    },
    back: currentContext.back,
    limit: currentContext.limit,
    checkLimits: currentContext.checkLimits,
    ...createEntryWatch(parts),
  };
}
