import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Logger } from '../parts.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Disconnect } from './disconnect.ts';
import type { Entries } from './entries.ts';
import { openOne, type Try } from './open-one.ts';
import type { Outcome } from './outcome.ts';
import { connectPlan } from './production-guard.ts';
import { type Remembered, withSource } from './remembered.ts';

/**
 * Connects clusters in one transaction: decides what to do, opens the tunnels, writes the entries of those that are up
 * and stores them. Whatever ends it early closes the tunnels that it opened and restores the kubeconfig.
 */
export function createConnect(options: {
  readonly logger: Logger;
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  readonly currentContext: CurrentContext;
  readonly entries: Entries;
  readonly settled: Disconnect['settled'];
  readonly complete: (cluster: Cluster, signal: AbortSignal) => Promise<Cluster>;
  /** Returns true if production requires a confirmation at all. */
  readonly isGuarded: () => boolean;
}): Connections['connect'] {
  const { logger, catalog, tunnels, kubeconfig, remembered, currentContext, entries } = options;
  const { settled, complete, isGuarded } = options;
  const isOurs = (id: ClusterId) => remembered.get(id) !== undefined;
  const isOpen = (id: ClusterId) => remembered.get(id)?.status === 'open';

  const openAll = (clusters: readonly Cluster[], interactive: boolean, signal: AbortSignal) =>
    Promise.all(
      clusters.map((cluster) => {
        const listening = isOurs(cluster.id);
        return openOne({ tunnels, complete, cluster, signal, interactive, listening });
      }),
    );

  /** The port of an on-demand context keeps listening. */
  const closeAll = (ids: readonly ClusterId[]) =>
    Promise.all(ids.map((id) => tunnels.close(id, { listening: isOurs(id) })));

  /** If the agent is killed from now on, the next one must know the clusters, not only that they were open. */
  const saveCatalog = () =>
    catalog.flush().catch((error: unknown) => {
      logger.error('the catalog is not saved', { error: toPlainError(error) });
    });

  /** Restores the kubeconfig of before. Reports what it cannot, because the error that caused it is thrown. */
  const takeBack = async (source: KubeconfigSource, added: readonly ClusterId[], switched?: ClusterId) => {
    try {
      const { failures } = await kubeconfig.remove(source, added);
      if (failures[0] !== undefined) throw failures[0];
      if (switched !== undefined && !added.includes(switched)) await kubeconfig.release(source, [switched]);
    } catch (error) {
      logger.error('the kubeconfig is not restored', { error: toPlainError(error) });
    }
  };

  /** The switch is made and stored: an old limit that stays on disk ends with this agent. */
  const dropLimit = (id: ClusterId, source: KubeconfigSource) =>
    currentContext.dropLimits([id], source).catch((error: unknown) => {
      logger.error('a time limit is not removed', { error: toPlainError(error) });
    });

  return async ({ source, switches, forMs, signIn, signal, ...request }) => {
    await settled(request.clusters.map(({ id }) => id));

    // Decide. Read the kubeconfig before anything is opened: it may be invalid.
    const before = await kubeconfig.current(source);
    const plan = connectPlan(request, { isGuarded: isGuarded(), current: before.id, isOpen, switches });
    const { clusters, left, stays, mayBecomeCurrent } = plan;
    const [wanted] = clusters;
    const back =
      forMs !== undefined && wanted !== undefined && mayBecomeCurrent(wanted)
        ? await currentContext.checkLimit(source, wanted.id, request.production === true)
        : undefined;

    const fresh = clusters.map(({ id }) => id).filter((id) => !isOpen(id));
    const unknown = fresh.filter((id) => !isOurs(id));
    let undo = async () => {};
    const done = remembered.expect(fresh);
    try {
      // Open.
      await signIn?.(clusters);
      const tries = await openAll(clusters, signIn === undefined, signal);
      if (signal.aborted) throw new AppError('cancelled', 'Connecting was cancelled; nothing was changed.');
      const failed = tries.flatMap(({ kind, cluster: { id } }) => (kind === 'failed' ? id : []));
      await closeAll(failed.filter((id) => fresh.includes(id)));
      const up = tries.filter((one) => one.kind === 'open');
      const first = up[0]?.cluster;
      if (first === undefined)
        return { outcomes: tries.map((one) => outcomeOf(one, entries.nameOf)), warnings: [], left, stays };

      // Write. A cluster that was current already needed no confirmation. If another is current by now, that one stays.
      const mayBeCurrent = mayBecomeCurrent(first);
      const switchesNow = mayBeCurrent && before.id !== first.id;
      const limit = { forMs: mayBeCurrent ? forMs : undefined, back };
      const stanzas = await Promise.all(up.map(({ cluster, tunnel }) => entries.of(cluster, tunnel)));
      const written = await currentContext.switching(source, first.id, limit, () =>
        kubeconfig.add(source, stanzas, switchesNow ? { current: first.id } : {}),
      );

      const added = up.map(({ cluster: { id } }) => id).filter((id) => unknown.includes(id));
      undo = () => takeBack(source, added, switchesNow ? first.id : undefined);

      // Store.
      const saved = saveCatalog();
      await remembered.put(
        up.map(({ cluster: { id } }) =>
          withSource(remembered.get(id), { cluster: id, source, status: 'open' }),
        ),
      );
      await saved;
      if (switchesNow && forMs === undefined) await dropLimit(first.id, source);
      const nameOf = (cluster: Cluster) => written.contexts.get(cluster.id) ?? entries.nameOf(cluster);
      return {
        outcomes: tries.map((one) => outcomeOf(one, nameOf)),
        warnings: written.warnings,
        left,
        stays,
        ...(switchesNow ? { switched: { from: before.context } } : {}),
      };
    } catch (error) {
      // Undo.
      await undo();
      await closeAll(fresh);
      throw error;
    } finally {
      done();
    }
  };
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
    port: one.tunnel.localPort()?.port,
    latencyMs: one.state.status === 'connected' ? one.state.probe.totalMs : 0,
  };
}
