import type { ClusterId } from '../../model/cluster.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Kubeconfig, KubeconfigEntry } from '../kubeconfig/kubeconfig.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Connections } from './connections.ts';
import type { Entries } from './entries.ts';
import type { Isolate } from './isolate.ts';
import { knownWay } from './known-way.ts';
import { bySource, type Connection, inEachSource, keyOf, type Remembered, sourceOf } from './remembered.ts';

/** Writes the entries of clusters again, in every kubeconfig that has them: the user's and those of terminals. */
export function createRenewals(options: {
  readonly catalog: Catalog;
  readonly tunnels: Tunnels;
  readonly ports: Pick<Ports, 'known' | 'rotate'>;
  readonly kubeconfig: Kubeconfig;
  readonly remembered: Remembered;
  readonly entries: Entries;
  readonly terminals: Pick<Terminals, 'uses' | 'list'>;
  readonly renew: Isolate['renew'];
  readonly apiProxies?: Pick<ApiProxies, 'end' | 'release'> | undefined;
}): Pick<Connections, 'rotate' | 'rewrite'> {
  const { catalog, tunnels, ports, kubeconfig, remembered, entries, terminals, renew, apiProxies } = options;
  const isDirect = (id: ClusterId) => tunnels.find(id)?.connector() === 'direct';

  /** The entry of the last connect is written in any case, those of other kubeconfigs where they still are. */
  const isThere = async (connection: Connection): Promise<boolean> => {
    const { cluster } = connection;
    const latest = remembered.get(cluster);
    if (latest !== undefined && keyOf(sourceOf(latest)) === keyOf(sourceOf(connection))) return true;
    return kubeconfig.entry(sourceOf(connection), cluster).then(
      (entry) => entry !== undefined,
      () => false,
    );
  };
  const write = async (
    connections: readonly Connection[],
    entryOf: (id: ClusterId) => Promise<KubeconfigEntry> | KubeconfigEntry | undefined,
  ): Promise<readonly string[]> => {
    const warnings: string[] = [];
    const there: Connection[] = [];
    for (const one of inEachSource(connections)) if (await isThere(one)) there.push(one);
    for (const [source, ids] of bySource(there)) {
      const renewed = (await Promise.all(ids.map(entryOf))).filter((entry) => entry !== undefined);
      if (renewed.length > 0) warnings.push(...(await kubeconfig.add(source, renewed, {})).warnings);
    }
    return warnings;
  };

  return {
    async rotate(ids) {
      const rotated: ClusterId[] = [];
      const warnings: string[] = [];
      const written = new Map<ClusterId, KubeconfigEntry>();
      for (const id of ids) {
        if (remembered.get(id) === undefined && !terminals.uses(id)) continue;
        const cluster = catalog.get(id);
        const port = isDirect(id) || ports.known(id) === undefined ? undefined : await ports.rotate(id);
        if (port === undefined && (cluster === undefined || entries.formOf(cluster) !== 'tls')) continue;
        await apiProxies?.end((one) => one === id);
        rotated.push(id);
        if (cluster !== undefined) written.set(id, await entries.through(cluster, port));
        else warnings.push(`${id} is not in the cluster list: its entry is written when it is found again.`);
      }
      const known = rotated.flatMap((id) => remembered.get(id) ?? []);
      // Terminals first: a kubeconfig of the user that cannot be written must not cut them off.
      for (const id of rotated.filter(terminals.uses)) await renew(id);
      warnings.push(...(await write(known, (id) => written.get(id))));
      return { rotated, warnings };
    },
    async rewrite() {
      for (const id of new Set(terminals.list().map(({ cluster }) => cluster))) await renew(id);
      const warnings = await write(remembered.all(), (id) => {
        const way = knownWay(id, options);
        return way && entries.through(way.cluster, way.local);
      });
      const known = catalog.clusters().filter(({ id }) => remembered.get(id) !== undefined);
      const others = known.filter((cluster) => entries.formOf(cluster) !== 'tls').map(({ id }) => id);
      await apiProxies?.release(others);
      return { warnings };
    },
  };
}
