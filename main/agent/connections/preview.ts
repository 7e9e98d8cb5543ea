import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import { derivedPort, type LocalPort, type Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { Entries } from './entries.ts';
import { connectPlan } from './production-guard.ts';
import { type Remembered, withSource } from './remembered.ts';

/** What a connect would change. */
export interface Preview {
  readonly file: string;
  /** Without passwords. Empty if nothing would change. */
  readonly diff: string;
  readonly left: readonly Cluster[];
  readonly stays: readonly Cluster[];
}

/** Returns the port that a cluster without one gets, unless it is in use. */
function expected(id: ClusterId): LocalPort {
  return { port: derivedPort(id), credentials: { user: 'k8s-tunnels', password: '***' } };
}

/** Follows what the user undid, and shows what a connect would write. */
export function createPreview(options: {
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known'>;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  readonly entries: Entries;
  readonly remove: Connections['remove'];
  readonly isGuarded: () => boolean;
}): Pick<Connections, 'preview' | 'follow'> {
  const { catalog, tunnels, ports, kubeconfig, remembered, entries, remove, isGuarded } = options;
  const isOpen = (id: ClusterId) => remembered.get(id)?.status === 'open';

  return {
    async preview({ source, switches, ...request }) {
      const before = await kubeconfig.current(source);
      const plan = connectPlan(request, { isGuarded: isGuarded(), current: before.id, isOpen, switches });
      const { clusters, left, stays, mayBecomeCurrent } = plan;
      const [first] = clusters;
      const entriesOf = clusters.map((cluster) => {
        const isDirect = cluster.reach.kind === 'direct' || cluster.connector === 'direct';
        const port = ports.known(cluster.id) ?? expected(cluster.id);
        return entries.through(cluster, isDirect ? undefined : port);
      });
      const written = await Promise.all(entriesOf);
      const isSwitched = first !== undefined && mayBecomeCurrent(first) && before.id !== first.id;
      const { file, diff } = await kubeconfig.preview(
        source,
        written,
        isSwitched ? { current: first.id } : {},
      );
      return { file, diff, left, stays };
    },
    async follow(source, { removed, added }) {
      const warnings: string[] = [];
      const gone: ClusterId[] = [];
      for (const id of removed) if (!(await isSomewhere(id))) gone.push(id);
      if (gone.length > 0) warnings.push(...(await remove(gone)).warnings);
      for (const id of added) {
        const cluster = catalog.get(id);
        if (cluster === undefined) continue;
        const status = remembered.get(id)?.status ?? 'kept';
        await remembered.put([withSource(remembered.get(id), { cluster: id, source, status })]);
        if (tunnels.find(id) === undefined) await tunnels.tunnel(cluster).standBy();
        // The port may have another password by now.
        const tunnel = tunnels.find(id);
        if (tunnel !== undefined) await entries.write(source, [await entries.of(cluster, tunnel)]);
      }
      return { warnings };
    },
  };

  /** Resolves with true if a kubeconfig of the cluster has its entry, or cannot be read. */
  async function isSomewhere(id: ClusterId): Promise<boolean> {
    const connection = remembered.get(id);
    if (connection === undefined) return false;
    const sources: readonly KubeconfigSource[] = [connection.place, ...(connection.others ?? [])].map(
      ({ kubeconfig: value, cwd, home }) => ({ kubeconfig: value, cwd, home }),
    );
    for (const source of sources)
      if (
        await kubeconfig.entry(source, id).then(
          (entry) => entry !== undefined,
          () => true,
        )
      )
        return true;
    return false;
  }
}
