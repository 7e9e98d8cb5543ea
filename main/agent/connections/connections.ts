import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
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
import type { PluginCommand } from './kubeconfig-entry.ts';
import type { ConnectWish } from './production-guard.ts';
import { byPlace, placeOf, readRemembered } from './remembered.ts';
import { createReopen } from './reopen.ts';
import { createRestore } from './restore.ts';

export type Outcome =
  | {
      readonly status: 'connected';
      readonly cluster: Cluster;
      readonly context: string;
      /** Undefined where the API is reached directly. */
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

/** What came of a connect, and of the current context. */
export interface Connected {
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly string[];
  /** Production clusters of a link or a set that were left as they are. */
  readonly left: readonly Cluster[];
  /** Production clusters because of which the current context was not switched. */
  readonly stays: readonly Cluster[];
  /** The current context was switched; `from` is the one before it. */
  readonly switched?: { readonly from: string | undefined };
}

/**
 * A connection is a tunnel and its kubeconfig entry. Those that are open are remembered on disk, so that an agent that
 * was killed opens the same ones again; and so are entries that were kept when their tunnel was closed, whose ports
 * listen for whoever names them.
 */
export interface Connections {
  /**
   * Opens the tunnels side by side, then writes the entries of those that are up in one edit, and makes the first of them
   * current where the rule of production-guard.ts lets it: that rule may reject with `production-unconfirmed`, before
   * anything is opened. One that fails is an outcome. When the kubeconfig cannot be written, or the signal aborts, the
   * tunnels that were opened for this call are closed again and it rejects. With `forMs` a switch ends after that time.
   */
  connect(
    options: ConnectWish & {
      readonly place: KubeconfigPlace;
      /** Whether the settings say to switch. */
      readonly switches: boolean;
      readonly forMs?: number | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Connected>;
  /**
   * Closes the tunnels and gives current-context back. The entries stay where they are to be kept, and their ports
   * listen on; else they are taken away.
   */
  disconnect(
    ids: readonly ClusterId[],
  ): Promise<{ readonly closed: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  /** Before the end: disconnects what is open, which with `again` the next start opens again. */
  disconnectAll(options: { readonly again: boolean }): Promise<void>;
  /**
   * Takes the entries away, kept ones too, gives current-context back, closes the tunnels. Their passwords are replaced:
   * who copied one out of the kubeconfig cannot use it when the cluster is connected again.
   */
  forget(
    ids: readonly ClusterId[],
  ): Promise<{ readonly forgotten: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  /**
   * Replaces the passwords of these clusters' ports, kept ones too, and writes their entries. The old ones are refused
   * from then on; connections that are open stay. Clusters without an entry or a port are left out.
   * Rejects as `Kubeconfig` does: the old passwords are refused all the same, and calling again writes the entries.
   */
  rotate(
    ids: readonly ClusterId[],
  ): Promise<{ readonly rotated: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  open(): readonly ClusterId[];
  kept(): readonly ClusterId[];
  /** Its entry, in the kubeconfig in which it stands; undefined where it has none. Rejects as `Kubeconfig` does. */
  entry(id: ClusterId): ReturnType<Kubeconfig['entry']>;
  /**
   * Somebody wants a cluster whose entry is ours: where its tunnel is closed it is opened, for all who come meanwhile
   * at once, by a sign-in in the browser where `interactive`. Resolves when the port listens and the tunnel stands, or
   * when it is not ours to open. Rejects with what failed, with `access-login-needed` and
   * what to run where no browser may be opened, with `access-login-timeout` or `timeout` after a minute.
   *
   * Production needs no confirmation here, because this never moves kubectl: who comes to the port of a closed
   * production cluster had its context named for this one command (`--context`), or made it current themselves, which
   * nobody does by mistake where they only meant to run the next command. The guard is against the opposite: that
   * connecting moves the commands that follow.
   */
  demand(id: ClusterId, options: { readonly interactive: boolean }): Promise<void>;
  /** Tries those that are open and do not carry now, by a sign-in in the browser where that is missing. Answers which. */
  retry(ids: readonly ClusterId[]): readonly ClusterId[];
  /**
   * Somebody has signed in: those that are meant to be open and wait for it, of which `isTheirs`, open again without a
   * browser. Answers at once.
   */
  resume(isTheirs: (id: ClusterId) => boolean): void;
  /**
   * Makes one that is open current, in the kubeconfig that holds its entry, with `forMs` for so long. Rejects with
   * `not-found` where it is not open, with `production-unconfirmed` where it or what it leads back to is a production
   * cluster and `production` is not set.
   */
  use(options: {
    readonly cluster: Cluster;
    readonly production: boolean;
    readonly forMs?: number | undefined;
  }): Promise<void>;
  readonly back: CurrentContext['back'];
  readonly limit: CurrentContext['limit'];
  readonly checkLimits: CurrentContext['checkLimits'];
  /**
   * After a start: the ports of kept entries listen; what was open is opened again, on the same ports, without a
   * browser. What cannot be opened is kept closed, or loses its entry, and `notice` says so. Entries of ours that
   * nothing remembers are taken away.
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
  /** What the listing left out of a cluster is read before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** As `notice`, but not a second time with the same message. */
  readonly noticeOnce: (level: 'info' | 'warning', message: string) => void;
  /** What `kept` answers has changed. */
  readonly onKept?: ((kept: readonly ClusterId[]) => void) | undefined;
  /** Whether production needs a confirmation at all; it does where undefined. */
  readonly isGuarded?: (() => boolean) | undefined;
  /** Whether entries outlive their tunnels. */
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
  };
}
