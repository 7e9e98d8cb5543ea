import { AppError, fromPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Disconnect } from './disconnect.ts';
import type { Entries } from './entries.ts';
import { bySource, type Connection, type Remembered, sourceOf } from './remembered.ts';
import type { Reopen } from './reopen.ts';
import { sentences } from './sentences.ts';

/** Restores, after a start, what an earlier agent had open. */
export function createRestore(options: {
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'rotate'>;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  readonly currentContext: CurrentContext;
  readonly entries: Entries;
  readonly removeNow: Disconnect['removeNow'];
  readonly share: Reopen['share'];
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Returns true if entries stay when their tunnels close. */
  readonly keepsEntries: () => boolean;
  /** Called when the ports listen, as far as they can: clients may be served. */
  readonly onListening: () => void;
}): Connections['restore'] {
  const { catalog, tunnels, ports, kubeconfig, remembered, currentContext, entries } = options;
  const { removeNow, share, notice, keepsEntries, onListening } = options;
  const withStatus = (status: Connection['status']) =>
    remembered.all().filter((connection) => connection.status === status);

  /**
   * Skips a cluster that the catalog does not know now: the first request for its credential looks it up and opens it.
   */
  const standBy = async ({ cluster: id }: Connection): Promise<void> => {
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) return;
      await tunnels.tunnel(cluster).standBy();
      await entries.standBy(cluster);
    } catch (error) {
      notice('warning', `${cluster?.title ?? id} cannot be opened by kubectl. ${sentences(error)}`);
    }
  };

  /** Reopens a connection. One that cannot be opened becomes an on-demand context, or loses its entry. */
  const reopen = async (connection: Connection): Promise<void> => {
    const { cluster: id } = connection;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const tunnel = tunnels.tunnel(cluster);
      const state = await tunnel.open({ interactive: false, persist: true });
      if (state.status === 'failed') throw fromPlainError(state.failure.error);
      // The port may be in use by now, so that it has moved: update the entry.
      await entries.write(sourceOf(connection), [await entries.of(cluster, tunnel)]);
    } catch (error) {
      const title = cluster?.title ?? id;
      if (cluster !== undefined && keepsEntries()) {
        // Do not restore the previous context: if the current context still points there, the next command opens the
        // tunnel.
        await remembered.put([{ ...connection, status: 'kept' }]);
        await tunnels.close(id, { listening: true });
        notice(
          'warning',
          `${title} was open and could not be opened again; kubectl opens it when you next use it. ${sentences(error)}`,
        );
        return;
      }
      const { left, warnings } = await removeNow([id]);
      const entry = left.length > 0 ? 'is left' : 'was removed';
      notice(
        'warning',
        `${title} was open and could not be opened again; its kubeconfig entry ${entry}. ${[sentences(error), ...warnings].join(' ')}`,
      );
    }
  };

  /** Removes entries of ours that are not stored. */
  const sweep = async (): Promise<void> => {
    const known = new Set(remembered.all().map(({ cluster }) => cluster));
    const { removed, warnings } = await kubeconfig.recover(known);
    if (removed.length > 0)
      notice(
        'info',
        `Entries that an earlier run left in the kubeconfig were removed: ${removed.join(', ')}.`,
      );
    for (const id of removed) await ports.rotate(id as ClusterId);
    for (const warning of warnings) notice('warning', warning);
  };

  /** Writes entries again: their ports, or the path of the program, may have changed. */
  const refresh = async (source: KubeconfigSource, ids: readonly ClusterId[]): Promise<void> => {
    try {
      const renewed = ids.flatMap((id) => {
        const cluster = catalog.get(id);
        const tunnel = tunnels.find(id);
        return cluster === undefined || tunnel?.localPort() === undefined
          ? []
          : [entries.of(cluster, tunnel)];
      });
      if (renewed.length > 0) await entries.write(source, await Promise.all(renewed));
    } catch (error) {
      notice('warning', `On-demand contexts were not updated. ${sentences(error)}`);
    }
  };

  return async () => {
    // Do this first: the rest may take long, and a time limit may have ended long ago.
    await currentContext.checkLimits();
    await remembered.put(withStatus('again').map((connection) => ({ ...connection, status: 'open' })));
    const kept = keepsEntries() ? withStatus('kept') : [];
    const open = withStatus('open');
    try {
      await Promise.all([...kept, ...open].map(standBy));
    } finally {
      onListening();
    }
    if (!keepsEntries()) await removeNow(remembered.idsOf('kept'));
    const opening = Promise.all(
      open.map((connection) => share(connection.cluster, false, () => reopen(connection))),
    );
    opening.catch(() => {});
    await sweep();
    for (const [source, ids] of bySource(kept)) await refresh(source, ids);
    await opening;
  };
}
