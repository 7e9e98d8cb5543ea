import path from 'node:path';
import { z } from 'zod';
import { AppError, fromPlainError } from '../app-error.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type Cluster, type ClusterId, clusterIdSchema } from '../catalog/cluster.ts';
import type { Kubeconfig, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import type { Failure, Stage, TunnelState } from '../tunnels/state.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { kubeconfigEntry, type PluginCommand } from './kubeconfig-entry.ts';
import { connectHint, mayBecomeCurrent, productionUnconfirmed, switchHint } from './production-guard.ts';

const connectionSchema = z.object({
  cluster: clusterIdSchema,
  place: z.object({ kubeconfig: z.string().optional(), cwd: z.string(), home: z.string() }),
});
type Connection = z.infer<typeof connectionSchema>;

export type Outcome =
  | {
      readonly status: 'connected';
      readonly cluster: Cluster;
      readonly context: string;
      readonly port: number;
      readonly latencyMs: number;
    }
  | {
      readonly status: 'failed';
      readonly cluster: Cluster;
      readonly error: AppError;
      readonly stage?: Stage;
      readonly mender?: Failure['mender'];
    };

/**
 * A connection is a tunnel and its kubeconfig entry. Those that are open are remembered on disk, so that an agent that
 * was killed opens the same ones again.
 */
export interface Connections {
  /**
   * Opens the tunnels side by side, then writes the entries of those that stand in one edit, the first of them made
   * current where `current`. One that fails is an outcome. When the kubeconfig cannot be written, or the signal
   * aborts, the tunnels that were opened for this call are closed again and it rejects.
   * A production cluster becomes current only where `production`: the person confirmed it, or nothing is guarded. Where
   * the first one named would need that, it rejects with `production-unconfirmed` and opens nothing; where another came
   * first because that one failed, kubectl stays where it is, with a warning.
   */
  connect(options: {
    readonly clusters: readonly Cluster[];
    readonly place: KubeconfigPlace;
    readonly current: boolean;
    readonly production: boolean;
    readonly signal: AbortSignal;
  }): Promise<{ readonly outcomes: readonly Outcome[]; readonly warnings: readonly string[] }>;
  /** Takes the entries away, gives current-context back, closes the tunnels. */
  disconnect(
    ids: readonly ClusterId[],
  ): Promise<{ readonly closed: readonly ClusterId[]; readonly warnings: readonly string[] }>;
  open(): readonly ClusterId[];
  /**
   * Makes one that is open kubectl's current cluster, in the kubeconfig in which it stands. Rejects with `not-found`
   * where it is not open, with `production-unconfirmed` as `connect` does.
   */
  use(options: { readonly cluster: Cluster; readonly production: boolean }): Promise<void>;
  /**
   * After a start: opens again what was open, on the same ports, without a browser. What cannot be opened loses its
   * entry, and `notice` says so. Entries of ours that nothing remembers are taken away.
   */
  restore(): Promise<void>;
}

export async function createConnections(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly kubeconfig: Kubeconfig;
  readonly plugin: PluginCommand;
  /** What the listing left out of a cluster is read before its tunnel is opened. */
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Whether production needs a confirmation at all; it does where undefined. */
  readonly isGuarded?: (() => boolean) | undefined;
}): Promise<Connections> {
  const { folder, logger, catalog, tunnels, kubeconfig, plugin, complete, notice } = options;
  const { isGuarded = () => true } = options;
  const file = jsonFile({
    file: path.join(folder, 'connections.json'),
    version: 1,
    schema: z.array(connectionSchema),
    onUnreadable: (name, reason) => logger.warn('Open connections are not known', { file: name, reason }),
  });
  const remembered = (await file.read()) ?? [];
  const open = new Map<ClusterId, Connection>(
    remembered.map((connection) => [connection.cluster, connection]),
  );
  const save = () => file.write([...open.values()]);

  const entryOf = (cluster: Cluster, tunnel: Tunnel) => {
    const place = tunnel.place();
    if (place === undefined) throw new AppError('internal', `${cluster.title} has no port.`);
    return kubeconfigEntry({ cluster, place, plugin });
  };

  const removeEntries = async (ids: readonly ClusterId[]): Promise<readonly string[]> => {
    const warnings: string[] = [];
    for (const [place, group] of byPlace(ids.flatMap((id) => open.get(id) ?? []))) {
      warnings.push(...(await kubeconfig.remove(place, group)).warnings);
    }
    return warnings;
  };

  const forget = async (ids: readonly ClusterId[]) => {
    for (const id of ids) open.delete(id);
    await save();
    await Promise.all(ids.map((id) => tunnels.close(id)));
  };

  return {
    async connect({ clusters, place, current, production, signal }) {
      // A kubeconfig that cannot be read is found out before anything is opened.
      const { id: currentId } = await kubeconfig.current(place);
      const isAllowed = (cluster: Cluster) =>
        mayBecomeCurrent({ cluster, confirmed: production || !isGuarded(), current: currentId });
      const [named] = clusters;
      if (current && named !== undefined && !isAllowed(named))
        throw productionUnconfirmed(named, connectHint);
      const fresh = clusters.filter(({ id }) => !open.has(id)).map(({ id }) => id);
      const undo = () => Promise.all(fresh.map((id) => tunnels.close(id)));
      const tries = await Promise.all(
        clusters.map((cluster) => openOne({ tunnels, complete, cluster, signal })),
      );
      if (signal.aborted) {
        await undo();
        throw new AppError('cancelled', 'Connecting was cancelled; nothing was changed.');
      }
      const standing = tries.filter((one) => one.kind === 'open');
      for (const one of tries)
        if (one.kind === 'failed' && fresh.includes(one.cluster.id)) await tunnels.close(one.cluster.id);
      const first = standing[0];
      if (first === undefined)
        return { outcomes: tries.map((one) => outcomeOf(one, new Map())), warnings: [] };
      try {
        const entries = standing.map(({ cluster, tunnel }) => entryOf(cluster, tunnel));
        const moves = current && isAllowed(first.cluster);
        const written = await kubeconfig.add(place, entries, moves ? { current: first.cluster.id } : {});
        for (const { cluster } of standing)
          open.set(cluster.id, { cluster: cluster.id, place: { ...place } });
        await save();
        const stayed = current && !moves ? [productionUnconfirmed(first.cluster, '').message] : [];
        return {
          outcomes: tries.map((one) => outcomeOf(one, written.contexts)),
          warnings: [...written.warnings, ...stayed],
        };
      } catch (error) {
        await undo();
        throw error;
      }
    },
    async disconnect(ids) {
      const known = ids.filter((id) => open.has(id));
      const warnings = await removeEntries(known);
      await forget(known);
      return { closed: known, warnings };
    },
    open: () => [...open.keys()],
    async use({ cluster, production }) {
      const { id, title } = cluster;
      const connection = open.get(id);
      if (connection === undefined) {
        throw new AppError('not-found', `${title} is not connected.`, {
          hint: `Connect it first: k8s-tunnels connect ${title}`,
        });
      }
      const place = placeOf(connection);
      const { id: current } = await kubeconfig.current(place);
      if (!mayBecomeCurrent({ cluster, confirmed: production || !isGuarded(), current })) {
        throw productionUnconfirmed(cluster, switchHint);
      }
      await kubeconfig.use(place, id);
    },
    async restore() {
      const { removed, warnings } = await kubeconfig.recover(new Set(open.keys()));
      if (removed.length > 0)
        notice(
          'info',
          `Entries that an earlier run left in the kubeconfig were removed: ${removed.join(', ')}.`,
        );
      for (const warning of warnings) notice('warning', warning);
      await Promise.all([...open.values()].map((connection) => restoreOne(connection)));
    },
  };

  async function restoreOne(connection: Connection): Promise<void> {
    const { cluster: id } = connection;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const tunnel = tunnels.tunnel(cluster);
      const state = await tunnel.open({ interactive: false, persist: true });
      if (state.status === 'failed') throw fromPlainError(state.failure.error);
      // The port may have been taken meanwhile: the entry follows.
      await kubeconfig.add(placeOf(connection), [entryOf(cluster, tunnel)], {});
    } catch (error) {
      await removeEntries([id]).catch(() => {});
      await forget([id]);
      const reason =
        error instanceof AppError
          ? `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`
          : 'unknown error';
      notice(
        'warning',
        `${cluster?.title ?? id} was open and could not be opened again; its kubeconfig entry was removed. ${reason}`,
      );
    }
  }
}

type Try =
  | { readonly kind: 'open'; readonly cluster: Cluster; readonly tunnel: Tunnel; readonly state: TunnelState }
  | {
      readonly kind: 'failed';
      readonly cluster: Cluster;
      readonly error: AppError;
      readonly stage?: Stage;
      readonly mender?: Failure['mender'];
    };

async function openOne(options: {
  readonly tunnels: Tunnels;
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}): Promise<Try> {
  const { tunnels, complete, signal } = options;
  let { cluster } = options;
  try {
    if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
    if (cluster.reach.kind === 'tunnel') cluster = await complete(cluster, signal);
    const result = await openTunnel(tunnels, cluster, signal);
    if (result.kind === 'open' || result.error.code !== 'kube-untrusted') return result;
    // Its authority may have been renewed since it was read.
    const { certificateAuthorityData: before, ...bare } = cluster;
    const renewed = await complete(bare, signal);
    if ((renewed.certificateAuthorityData ?? before) === before) return result;
    await tunnels.close(cluster.id);
    return await openTunnel(tunnels, renewed, signal);
  } catch (error) {
    if (error instanceof AppError) return { kind: 'failed', cluster, error };
    throw error;
  }
}

async function openTunnel(tunnels: Tunnels, cluster: Cluster, signal: AbortSignal): Promise<Try> {
  const tunnel = tunnels.tunnel(cluster);
  // A caller that goes away ends the opening at once, a login that waits for a person too.
  const abort = () => void tunnel.close();
  signal.addEventListener('abort', abort, { once: true });
  const state = await tunnel.open({ interactive: true, persist: false });
  signal.removeEventListener('abort', abort);
  if (state.status !== 'failed') return { kind: 'open', cluster, tunnel, state };
  return {
    kind: 'failed',
    cluster,
    error: fromPlainError(state.failure.error),
    stage: state.failure.stage,
    mender: state.failure.mender,
  };
}

function outcomeOf(one: Try, contexts: ReadonlyMap<string, string>): Outcome {
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
    context: contexts.get(one.cluster.id) ?? one.cluster.title,
    port: one.tunnel.place()?.port ?? 0,
    latencyMs: one.state.status === 'connected' ? one.state.probe.totalMs : 0,
  };
}

/** JSON has no undefined: a KUBECONFIG that was not set comes back as a missing field. */
function placeOf({ place }: Connection): KubeconfigPlace {
  return { kubeconfig: place.kubeconfig, cwd: place.cwd, home: place.home };
}

/** Places are equal when their fields are: each kubeconfig is edited once. */
function byPlace(
  connections: readonly Connection[],
): readonly (readonly [KubeconfigPlace, readonly ClusterId[]])[] {
  const groups = Map.groupBy(connections, (connection) => JSON.stringify(Object.values(placeOf(connection))));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [[placeOf(first), group.map(({ cluster }) => cluster)] as const];
  });
}
