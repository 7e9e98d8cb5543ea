import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { GivenContextNames } from '../../model/context-name.ts';
import type { EntrySettings } from '../../model/entry-form.ts';
import type { Terminal } from '../../model/terminal.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import { keepListening } from '../terminals/keep-listening.ts';
import { terminalViews } from '../terminals/terminal-view.ts';
import { createTerminals, type Processes, type Terminals } from '../terminals/terminals.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { type Borrow, createBorrow } from './borrow.ts';
import { createConnect } from './connect.ts';
import { type CurrentContext, createCurrentContext } from './current-context.ts';
import { createDisconnect } from './disconnect.ts';
import { createEntries } from './entries.ts';
import { createEntryWatch, type EntryWatch } from './entry-watch.ts';
import { createGivenNames } from './given-names.ts';
import { createIsolate, type Isolated, type IsolateRequest } from './isolate.ts';
import type { PluginCommand } from './kubeconfig-entry.ts';
import type { Connected } from './outcome.ts';
import { createPreview, type Preview } from './preview.ts';
import type { ConnectRequest } from './production-guard.ts';
import { readRemembered, sourceOf } from './remembered.ts';
import { createRenewals } from './renewals.ts';
import { createReopen } from './reopen.ts';
import { createRestore } from './restore.ts';
import { createUseContext } from './use-context.ts';

/**
 * A connection is a tunnel and its kubeconfig entry. Open connections are stored, so that the next agent reopens them
 * after this one was killed. So are on-demand contexts, whose tunnel is closed and whose ports keep listening.
 */
export interface Connections
  extends EntryWatch,
    Borrow,
    Pick<CurrentContext, 'switchForeign' | 'back' | 'limit' | 'checkLimits'> {
  /**
   * Opens the tunnels in parallel, then writes the entries of those that are up in one edit, and makes the first current
   * if production-guard.ts allows it, which may reject with `production-unconfirmed` before anything is opened. A tunnel
   * that fails is an outcome. If the kubeconfig cannot be written, or the signal aborts, closes what this call opened and
   * rejects. With `forMs`, a switch ends after that time. `signIn` is called before clusters are opened without a browser.
   */
  connect(
    options: ConnectRequest & {
      readonly source: KubeconfigSource;
      /** True if the settings say to switch. */
      readonly switches: boolean;
      readonly forMs?: number | undefined;
      readonly signIn?: ((clusters: readonly Cluster[]) => Promise<void>) | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Connected>;
  /**
   * Opens the tunnels in parallel, and writes an own kubeconfig for each cluster whose tunnel is up: for one terminal or
   * program, which they end with. Touches no file of the user. Rejects with `production-unconfirmed` if the organisation
   * wants a confirmation, with `cancelled` after closing what it opened if the signal aborts, and as writing a file does.
   */
  isolate(request: IsolateRequest): Promise<Isolated>;
  /** Resolves with what `connect` would write. Opens no tunnel and writes nothing. Rejects as `connect` does. */
  preview(
    request: ConnectRequest & { readonly source: KubeconfigSource; readonly switches: boolean },
  ): Promise<Preview>;
  /**
   * After an undo in that kubeconfig: closes clusters whose last entry went, and makes on-demand contexts of those that
   * came back. Rejects as `remove` does.
   */
  follow(
    source: KubeconfigSource,
    changes: { readonly removed: readonly ClusterId[]; readonly added: readonly ClusterId[] },
  ): Promise<{ readonly warnings: readonly string[] }>;
  /** Returns the terminals with a kubeconfig of their own, production first. */
  terminals(): readonly Terminal[];
  /** Lets a terminal end with another process. */
  readonly followTerminal: Terminals['follow'];
  /** Ends terminals by their ids, and closes tunnels that nothing else uses. Resolves with how many there were. */
  endTerminals(ids: readonly string[]): Promise<number>;
  /**
   * Closes the tunnels and restores the previous context in `source`, or in every kubeconfig where undefined. By the
   * setting, entries stay as on-demand contexts whose ports keep listening, or are removed everywhere.
   */
  disconnect(
    ids: readonly ClusterId[],
    source?: KubeconfigSource,
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
  /** Writes all entries again, because a setting has changed. Passwords stay. Rejects as `Kubeconfig` does. */
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
   * Production needs no confirmation here, because this never switches the current context: its client named the context
   * for this one command (`--context`), or its user made it current. The guard protects against the opposite: a connect
   * that redirects the commands that follow.
   */
  demand(id: ClusterId, options: { readonly interactive: boolean }): Promise<void>;
  /** Retries open connections that do not work now, with a sign-in in the browser if that is missing. Returns their ids. */
  retry(ids: readonly ClusterId[]): readonly ClusterId[];
  /** After a sign-in: reopens those of `isTheirs` that should be open, without a browser. Returns at once. */
  resume(isTheirs: (id: ClusterId) => boolean): void;
  /**
   * Makes a connection the current context of that kubeconfig, with `forMs` for that long. Opens an on-demand context,
   * and adds the entry if the kubeconfig has none. Rejects with `not-found` if it is not connected, with
   * `production-unconfirmed` if it or the context to restore is a production cluster and `production` is not set.
   */
  use(options: {
    readonly cluster: Cluster;
    /** That of the last connect or switch where undefined. */
    readonly source?: KubeconfigSource | undefined;
    readonly production: boolean;
    readonly forMs?: number | undefined;
  }): Promise<void>;
  /**
   * After a start: listens on the ports of on-demand contexts, and reopens what was open, on the same ports, without a
   * browser. What cannot be opened becomes an on-demand context or loses its entry, and `notice` reports it. Removes
   * entries of ours that are not stored.
   */
  restore(): Promise<void>;
  /** Resolves when `restore` listens on the ports, as far as it can: the tunnels are opened after that. */
  readonly listening: Promise<void>;
  /** Stops what runs at intervals. */
  close(): void;
}

export async function createConnections(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known' | 'rotate'>;
  /** The local TLS proxies. Without them no entry has the form `tls`. */
  readonly apiProxies?:
    | Pick<ApiProxies, 'forEntry' | 'forTerminal' | 'end' | 'endTerminals' | 'release' | 'traffic'>
    | undefined;
  readonly kubeconfig: Kubeconfig;
  readonly plugin: PluginCommand;
  /** The template of context names: the cluster's name where undefined. */
  readonly contextTemplate?: (() => string) | undefined;
  /** Returns the settings that decide about entries: the defaults where undefined. */
  readonly entrySettings?: (() => EntrySettings) | undefined;
  /** Reads the cluster fields that the listing left out, before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** As `notice`, but only once for each message. */
  readonly noticeOnce: (level: 'info' | 'warning', message: string) => void;
  /** Called when the result of `kept` has changed. */
  readonly onKept?: ((kept: readonly ClusterId[]) => void) | undefined;
  readonly onConnection?: Parameters<typeof readRemembered>[0]['onConnection'];
  /** Called with the context names that kubeconfigs have or had, when they have changed. */
  readonly onGiven?: ((names: GivenContextNames) => void) | undefined;
  /** Called when the result of `terminals` has changed. */
  readonly onTerminals?: ((terminals: readonly Terminal[]) => void) | undefined;
  /** Returns true if the organisation wants a confirmation before a terminal of a production cluster opens. */
  readonly asksInTerminals?: (() => boolean) | undefined;
  /** The computer's processes where undefined. */
  readonly processes?: Processes | undefined;
  /** Called when entries or whole kubeconfigs cannot be used any more, or can be used again. */
  readonly onProblems?: Parameters<typeof createEntryWatch>[0]['onProblems'];
  /** Returns true if production requires a confirmation at all. It does where undefined. */
  readonly isGuarded?: (() => boolean) | undefined;
  /** Returns true if entries stay when their tunnels close. */
  readonly keepsEntries: () => boolean;
}): Promise<Connections> {
  const { isGuarded = () => true, asksInTerminals = () => false, onTerminals = () => {} } = options;
  const { catalog, kubeconfig } = options;
  const remembered = await readRemembered(options);
  const views = () => terminalViews(terminals.list(), catalog);
  const terminals: Terminals = await createTerminals({
    ...options,
    onChange: () => onTerminals(views()),
    onEnded: (ended) => void isolated.ended(ended),
  });
  const tunnels = keepListening(options.tunnels, terminals);
  const currentContext = await createCurrentContext({ ...options, remembered, isGuarded });
  const { promise: listening, resolve: onListening } = Promise.withResolvers<void>();
  const given = await createGivenNames({ ...options, onChange: options.onGiven });
  const entries = createEntries({ ...options, given });
  options.onGiven?.(given.list());
  const context = { ...options, tunnels, isGuarded, asksInTerminals, remembered, currentContext, entries };
  const renew = (id: ClusterId) => isolated.renew(id);
  const { settled, removeNow, ...disconnect } = createDisconnect({ ...context, terminals, renew });
  const isolated = createIsolate({ ...context, terminals, settled });
  const parts = { ...context, terminals, renew: isolated.renew, listening, onListening };
  const { share, ...reopen } = createReopen(parts);
  const restore = createRestore({ ...parts, removeNow, share });
  const isOpen = (id: ClusterId) => (tunnels.find(id)?.state().status ?? 'idle') !== 'idle';

  return {
    connect: createConnect({ ...parts, settled }),
    ...disconnect,
    ...reopen,
    isolate: isolated.isolate,
    borrow: createBorrow({ ...parts, settled }),
    endTerminals: isolated.endTerminals,
    terminals: views,
    followTerminal: terminals.follow,
    // Terminals need no user, and do not wait for what does.
    listening,
    restore: async () => void (await Promise.all([restore(), isolated.restore()])),
    close: terminals.close,
    ...createPreview({ ...context, remove: disconnect.remove }),
    ...createRenewals(parts),
    open: () => [
      ...new Set([
        ...remembered.idsOf('open'),
        ...terminals.list().flatMap(({ cluster }) => (isOpen(cluster) ? cluster : [])),
      ]),
    ],
    kept: () => remembered.idsOf('kept'),
    async entry(id) {
      const connection = remembered.get(id);
      return connection && kubeconfig.entry(sourceOf(connection), id);
    },
    use: createUseContext({ ...context, demand: reopen.demand }),
    switchForeign: currentContext.switchForeign,
    back: currentContext.back,
    limit: currentContext.limit,
    checkLimits: currentContext.checkLimits,
    ...createEntryWatch(parts),
  };
}
