import { AppError, fromPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigPlace } from '../kubeconfig/kubeconfig.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { CurrentContext } from './current-context.ts';
import type { Disconnect } from './disconnect.ts';
import type { Entries } from './entries.ts';
import { byPlace, type Connection, placeOf, type Remembered } from './remembered.ts';
import type { Reopen } from './reopen.ts';
import { sentences } from './sentences.ts';

/** Brings back, after a start, what an earlier agent left. */
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
  /** Whether entries outlive their tunnels. */
  readonly keepsEntries: () => boolean;
  /** The ports listen, as far as they can: clients may be served. */
  readonly onListening: () => void;
}): Connections['restore'] {
  const { catalog, tunnels, ports, kubeconfig, remembered, currentContext, entries } = options;
  const { removeNow, share, notice, keepsEntries, onListening } = options;
  const withStatus = (status: Connection['status']) =>
    remembered.all().filter((connection) => connection.status === status);

  /** A cluster that the catalog does not know now is opened by whoever asks for its credential, which looks for it. */
  const standBy = async ({ cluster: id }: Connection): Promise<void> => {
    const cluster = catalog.get(id);
    try {
      if (cluster !== undefined) await tunnels.tunnel(cluster).standBy();
    } catch (error) {
      notice('warning', `${cluster?.title ?? id} cannot be opened by kubectl. ${sentences(error)}`);
    }
  };

  /** Opens one that was open; one that cannot be opened is kept closed, or loses its entry. */
  const reopen = async (connection: Connection): Promise<void> => {
    const { cluster: id } = connection;
    const cluster = catalog.get(id);
    try {
      if (cluster === undefined) throw new AppError('not-found', `${id} is not in the catalog any more.`);
      const tunnel = tunnels.tunnel(cluster);
      const state = await tunnel.open({ interactive: false, persist: true });
      if (state.status === 'failed') throw fromPlainError(state.failure.error);
      // The port may have been taken meanwhile: the entry follows.
      await entries.write(placeOf(connection), [entries.of(cluster, tunnel)]);
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
      await removeNow([id]).catch(async () => {
        await remembered.drop([id]);
        await tunnels.close(id);
      });
      notice(
        'warning',
        `${title} was open and could not be opened again; its kubeconfig entry was removed. ${sentences(error)}`,
      );
    }
  };

  /** Takes away the entries of ours that nothing remembers. */
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

  /** Writes entries anew: their ports may have been taken meanwhile, or the program have moved. */
  const refresh = async (place: KubeconfigPlace, ids: readonly ClusterId[]): Promise<void> => {
    const renewed = ids.flatMap((id) => {
      const cluster = catalog.get(id);
      const tunnel = tunnels.find(id);
      return cluster === undefined || tunnel?.place() === undefined ? [] : [entries.of(cluster, tunnel)];
    });
    if (renewed.length === 0) return;
    await entries
      .write(place, renewed)
      .catch((error: unknown) =>
        notice('warning', `On-demand contexts were not updated. ${sentences(error)}`),
      );
  };

  return async () => {
    // First of all: what comes next may take long, and the time of a limit may have been over for long.
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
    for (const [place, ids] of byPlace(kept)) await refresh(place, ids);
    await opening;
  };
}
