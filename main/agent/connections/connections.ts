import { AppError, type ErrorCode, fromPlainError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { contextName } from '../../model/context-name.ts';
import { isUsable } from '../../model/is-usable.ts';
import type { Failure, Stage } from '../../model/tunnel-state.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigEntry, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { type CurrentContext, createCurrentContext } from './current-context.ts';
import { createDemands, waitsForSignIn } from './demands.ts';
import { kubeconfigEntry, type PluginCommand } from './kubeconfig-entry.ts';
import { openOne, type Try } from './open-one.ts';
import { type ConnectWish, connectPlan } from './production-guard.ts';
import { byPlace, type Connection, placeOf, readRemembered } from './remembered.ts';

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
   * when it is not ours to open. Rejects as `Demands.open` does.
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
  const { catalog, logger, tunnels, ports, kubeconfig, plugin, complete, notice, noticeOnce, keepsEntries } =
    options;
  const { isGuarded = () => true } = options;
  const remembered = await readRemembered(options);
  const currentContext = await createCurrentContext({ ...options, remembered, isGuarded });
  const demands = createDemands({
    ...options,
    nameOf: (cluster) => nameOf(cluster),
    isMeantOpen: (id) => remembered.get(id)?.status === 'open',
  });
  const { promise: listening, resolve: listen } = Promise.withResolvers<void>();
  /** The last failure of a demand that was told, by cluster: clients try again and again. */
  const told = new Map<ClusterId, ErrorCode>();
  /** Writes entries where nobody waits for the warnings: each is a notice, once. */
  const write = async (place: KubeconfigPlace, entries: readonly KubeconfigEntry[]) => {
    const { warnings } = await kubeconfig.add(place, entries, {});
    for (const warning of warnings) noticeOnce('warning', warning);
  };
  const known = (ids: readonly ClusterId[]) => ids.flatMap((id) => remembered.get(id) ?? []);
  const nameOf = (cluster: Cluster) => contextName(cluster, catalog.clusters());

  const entryOf = (cluster: Cluster, tunnel: Tunnel) => {
    const place = tunnel.place();
    if (place === undefined && tunnel.connector() !== 'direct')
      throw new AppError('internal', `${cluster.title} has no port.`);
    return kubeconfigEntry({ cluster, name: nameOf(cluster), place, plugin });
  };

  const forget = async (ids: readonly ClusterId[]) => {
    const warnings: string[] = [];
    for (const [place, group] of byPlace(known(ids)))
      warnings.push(...(await kubeconfig.remove(place, group)).warnings);
    // Before the tunnels close: a connect that comes meanwhile gets the new password.
    for (const id of ids) await ports.rotate(id);
    await remembered.drop(ids);
    await currentContext.dropLimits(ids);
    await Promise.all(ids.map((id) => tunnels.close(id)));
    return warnings;
  };

  const keep = async (ids: readonly ClusterId[]) => {
    const warnings: string[] = [];
    for (const [place, group] of byPlace(known(ids)))
      warnings.push(...(await kubeconfig.release(place, group)).warnings);
    await remembered.put(known(ids).map((connection) => ({ ...connection, status: 'kept' })));
    await currentContext.dropLimits(ids);
    await Promise.all(ids.map((id) => tunnels.close(id, { listening: true })));
    return warnings;
  };

  /** Who connects one that is being disconnected waits for that: what was asked for last is what comes of it. */
  const closing = new Map<ClusterId, Promise<unknown>>();
  const whileClosing = async <T>(ids: readonly ClusterId[], work: Promise<T>): Promise<T> => {
    for (const id of ids) closing.set(id, work);
    try {
      return await work;
    } finally {
      for (const id of ids) if (closing.get(id) === work) closing.delete(id);
    }
  };
  const disconnect = async (ids: readonly ClusterId[]) => {
    const open = remembered.idsOf('open');
    const closed = ids.filter((id) => open.includes(id));
    return {
      closed,
      warnings: await whileClosing(closed, keepsEntries() ? keep(closed) : forget(closed)),
    };
  };

  return {
    async connect({ place, switches, forMs, signal, ...wish }) {
      await Promise.allSettled(wish.clusters.map(({ id }) => closing.get(id)));
      // A kubeconfig that cannot be read is found out before anything is opened.
      const before = await kubeconfig.current(place);
      const { clusters, left, stays, mayBecomeCurrent } = connectPlan(wish, {
        isGuarded: isGuarded(),
        current: before.id,
        isOpen: (id) => remembered.get(id)?.status === 'open',
        switches,
      });
      const [wanted] = clusters;
      const back =
        forMs !== undefined && wanted !== undefined && mayBecomeCurrent(wanted)
          ? await currentContext.checkLimit(place, wanted.id, wish.production === true)
          : undefined;
      const isOurs = (id: ClusterId) => remembered.get(id) !== undefined;
      const close = (id: ClusterId) => tunnels.close(id, { listening: isOurs(id) });
      const fresh = clusters.map(({ id }) => id).filter((id) => remembered.get(id)?.status !== 'open');
      const undo = () => Promise.all(fresh.map(close));
      const tries = await Promise.all(
        clusters.map((cluster) => {
          const how = { interactive: true, listening: isOurs(cluster.id) };
          return openOne({ tunnels, complete, cluster, signal, ...how });
        }),
      );
      if (signal.aborted) {
        await undo();
        throw new AppError('cancelled', 'Connecting was cancelled; nothing was changed.');
      }
      const standing = tries.filter((one) => one.kind === 'open');
      for (const one of tries)
        if (one.kind === 'failed' && fresh.includes(one.cluster.id)) await close(one.cluster.id);
      const first = standing[0];
      if (first === undefined)
        return { outcomes: tries.map((one) => outcomeOf(one, nameOf)), warnings: [], left, stays };
      try {
        const entries = standing.map(({ cluster, tunnel }) => entryOf(cluster, tunnel));
        const { id } = first.cluster;
        const switchesNow = mayBecomeCurrent(first.cluster);
        const limit = { forMs: switchesNow ? forMs : undefined, back };
        const written = await currentContext.switching(id, limit, () =>
          // One that was current already was not asked about: another may be current by now, which stays.
          kubeconfig.add(place, entries, switchesNow && before.id !== id ? { current: id } : {}),
        );
        // An agent that is killed now must know the clusters again, not only that they were open.
        const known = catalog.flush().catch((error: unknown) => {
          logger.error('the catalog is not saved', { error: toPlainError(error) });
        });
        await remembered.put(
          standing.map(({ cluster: { id } }) => ({ cluster: id, place: { ...place }, status: 'open' })),
        );
        await known;
        if (switchesNow && forMs === undefined && before.id !== id) await currentContext.dropLimits([id]);
        return {
          outcomes: tries.map((one) =>
            outcomeOf(one, (cluster) => written.contexts.get(cluster.id) ?? nameOf(cluster)),
          ),
          warnings: written.warnings,
          left,
          stays,
          ...(switchesNow && before.id !== id ? { switched: { from: before.context } } : {}),
        };
      } catch (error) {
        await undo();
        throw error;
      }
    },
    disconnect,
    async disconnectAll({ again }) {
      const open = known(remembered.idsOf('open'));
      await disconnect(open.map(({ cluster }) => cluster));
      if (again) await remembered.put(open.map((connection) => ({ ...connection, status: 'again' })));
    },
    async forget(ids) {
      const forgotten = known(ids).map(({ cluster }) => cluster);
      return { forgotten, warnings: await whileClosing(forgotten, forget(forgotten)) };
    },
    async rotate(ids) {
      const rotated: ClusterId[] = [];
      const warnings: string[] = [];
      for (const [place, group] of byPlace(known(ids))) {
        const entries: KubeconfigEntry[] = [];
        for (const id of group) {
          const cluster = catalog.get(id);
          if (tunnels.find(id)?.connector() === 'direct' || ports.known(id) === undefined) continue;
          const renewed = await ports.rotate(id);
          rotated.push(id);
          if (cluster !== undefined)
            entries.push(kubeconfigEntry({ cluster, name: nameOf(cluster), place: renewed, plugin }));
          else
            warnings.push(`${id} is not in the cluster list: its entry is written when it is found again.`);
        }
        if (entries.length > 0) warnings.push(...(await kubeconfig.add(place, entries, {})).warnings);
      }
      return { rotated, warnings };
    },
    open: () => remembered.idsOf('open'),
    kept: () => remembered.idsOf('kept'),
    async entry(id) {
      const connection = remembered.get(id);
      return connection && kubeconfig.entry(placeOf(connection), id);
    },
    async demand(id, { interactive }) {
      if (remembered.get(id) === undefined) return;
      await listening;
      if (!isDormant(id)) return;
      await demands.share(id, interactive, () => openAgain(id, interactive));
    },
    retry(ids) {
      const tried: ClusterId[] = [];
      for (const id of ids) {
        const cluster = catalog.get(id);
        const status = tunnels.find(id)?.state().status;
        if (cluster === undefined || remembered.get(id)?.status !== 'open') continue;
        if (status !== 'reconnecting' && status !== 'degraded' && status !== 'failed') continue;
        tried.push(id);
        tunnels
          .tunnel(cluster)
          .open({ interactive: true, persist: true })
          .catch((error: unknown) =>
            logger.warn('A tunnel is not tried again', { cluster: id, error: toPlainError(error) }),
          );
      }
      return tried;
    },
    resume(isTheirs) {
      for (const id of remembered.idsOf('open')) {
        const cluster = catalog.get(id);
        if (cluster === undefined || !isTheirs(id) || !waitsForSignIn(tunnels, id)) continue;
        demands
          .share(id, false, async () => {
            if (remembered.get(id)?.status !== 'open' || !waitsForSignIn(tunnels, id)) return;
            const state = await tunnels.tunnel(cluster).open({ interactive: false, persist: true });
            if (state.status !== 'failed') told.delete(id);
          })
          .catch((error: unknown) =>
            logger.warn('A tunnel is not opened again', { cluster: id, error: toPlainError(error) }),
          );
      }
    },
    async use({ cluster, production, forMs }) {
      const { id, title } = cluster;
      const connection = remembered.get(id);
      if (connection?.status !== 'open') {
        throw new AppError('not-found', `${title} is not connected.`, {
          hint: `Connect it first: ${command`k8s-tunnels connect ${nameOf(cluster)}`}`,
        });
      }
      await currentContext.use({ cluster, place: placeOf(connection), production, forMs });
    },
    back: currentContext.back,
    limit: currentContext.limit,
    checkLimits: currentContext.checkLimits,
    async restore() {
      // First of all: what comes next may take long, and the time of a limit may have been over for long.
      await currentContext.checkLimits();
      const again = known(remembered.idsOf('again'));
      await remembered.put(again.map((connection) => ({ ...connection, status: 'open' })));
      const kept = keepsEntries() ? known(remembered.idsOf('kept')) : [];
      const open = known(remembered.idsOf('open'));
      try {
        await Promise.all([...kept, ...open].map(standBy));
      } finally {
        listen();
      }
      if (!keepsEntries()) await forget(remembered.idsOf('kept'));
      const opening = Promise.all(
        open.map((connection) => demands.share(connection.cluster, false, () => restoreOne(connection))),
      );
      opening.catch(() => {});
      const { removed, warnings } = await kubeconfig.recover(
        new Set(remembered.all().map(({ cluster }) => cluster)),
      );
      if (removed.length > 0)
        notice(
          'info',
          `Entries that an earlier run left in the kubeconfig were removed: ${removed.join(', ')}.`,
        );
      for (const id of removed) await ports.rotate(id as ClusterId);
      for (const warning of warnings) notice('warning', warning);
      for (const [place, ids] of byPlace(kept)) await refresh(place, ids);
      await opening;
    },
  };

  /** Whether it is ours to open: an entry of ours whose tunnel is closed, opening still, or has given up. */
  function isDormant(id: ClusterId): boolean {
    const connection = remembered.get(id);
    return connection !== undefined && keepsEntries() && !isUsable(tunnels.find(id)?.state());
  }

  /** A cluster that the catalog does not know now is opened by whoever asks for its credential, which looks for it. */
  async function standBy({ cluster: id }: Connection): Promise<void> {
    const cluster = catalog.get(id);
    try {
      if (cluster !== undefined) await tunnels.tunnel(cluster).standBy();
    } catch (error) {
      notice('warning', `${cluster?.title ?? id} cannot be opened by kubectl. ${sentences(error)}`);
    }
  }

  /** Writes entries anew: their ports may have been taken meanwhile, or the program have moved. */
  async function refresh(place: KubeconfigPlace, ids: readonly ClusterId[]): Promise<void> {
    const entries = ids.flatMap((id) => {
      const cluster = catalog.get(id);
      const tunnel = tunnels.find(id);
      return cluster === undefined || tunnel?.place() === undefined ? [] : [entryOf(cluster, tunnel)];
    });
    if (entries.length === 0) return;
    await write(place, entries).catch((error: unknown) =>
      notice('warning', `Kept entries were not brought up to date. ${sentences(error)}`),
    );
  }

  async function openAgain(id: ClusterId, interactive: boolean): Promise<void> {
    if (!isDormant(id)) return;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const { tunnel, cluster: whole } = await demands.open(cluster, interactive);
      const connection = remembered.get(id);
      if (connection === undefined) {
        await tunnels.close(id);
        throw new AppError('cancelled', `${cluster.title} was forgotten while it was being opened.`);
      }
      await remembered.put([{ ...connection, status: 'open' }]);
      told.delete(id);
      // Nobody waits for it: the entry is as it was, but where the cluster's authority was renewed.
      write(placeOf(connection), [entryOf(whole, tunnel)]).catch((error: unknown) =>
        notice('warning', sentences(error)),
      );
    } catch (error) {
      // By its code: the message of a refusal names another request each time.
      const { code } = toPlainError(error);
      if (told.get(id) !== code)
        notice('warning', `${cluster?.title ?? id} could not be opened for kubectl. ${sentences(error)}`);
      told.set(id, code);
      throw error;
    }
  }

  async function restoreOne(connection: Connection): Promise<void> {
    const { cluster: id } = connection;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const tunnel = tunnels.tunnel(cluster);
      const state = await tunnel.open({ interactive: false, persist: true });
      if (state.status === 'failed') throw fromPlainError(state.failure.error);
      // The port may have been taken meanwhile: the entry follows.
      await write(placeOf(connection), [entryOf(cluster, tunnel)]);
    } catch (error) {
      const title = cluster?.title ?? id;
      if (cluster !== undefined && keepsEntries()) {
        // Not released: where kubectl points there still, its next command opens it.
        await remembered.put([{ ...connection, status: 'kept' }]);
        await tunnels.close(id, { listening: true });
        notice(
          'warning',
          `${title} was open and could not be opened again; kubectl opens it when you next use it. ${sentences(error)}`,
        );
        return;
      }
      await forget([id]).catch(async () => {
        await remembered.drop([id]);
        await tunnels.close(id);
      });
      notice(
        'warning',
        `${title} was open and could not be opened again; its kubeconfig entry was removed. ${sentences(error)}`,
      );
    }
  }
}

function sentences(error: unknown): string {
  if (!(error instanceof AppError)) return 'unknown error';
  return `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`;
}

function outcomeOf(one: Try, nameOf: (cluster: Cluster) => string): Outcome {
  if (one.kind === 'failed')
    return {
      status: 'failed',
      cluster: one.cluster,
      error: one.error,
      ...(one.stage === undefined ? {} : { stage: one.stage }),
      ...(one.mender === undefined ? {} : { mender: one.mender }),
    };
  return {
    status: 'connected',
    cluster: one.cluster,
    context: nameOf(one.cluster),
    port: one.tunnel.place()?.port,
    latencyMs: one.state.status === 'connected' ? one.state.probe.totalMs : 0,
  };
}
