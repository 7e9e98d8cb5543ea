import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { isWebApplication } from '../../model/web-application.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { LocalPort, Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

/** Where the entry of a cluster leads now: `local` is undefined if it does not lead through the tunnel's port. */
export interface KnownWay {
  readonly cluster: Cluster;
  readonly local: LocalPort | undefined;
}

/** Returns undefined for a cluster that is not in the list, or that has no port and needs one. */
export function knownWay(
  id: ClusterId,
  {
    catalog,
    tunnels,
    ports,
  }: {
    readonly catalog: Pick<Catalog, 'get'>;
    readonly tunnels: Pick<Tunnels, 'find'>;
    readonly ports: Pick<Ports, 'known'>;
  },
): KnownWay | undefined {
  const cluster = catalog.get(id);
  const isDirect = tunnels.find(id)?.connector() === 'direct';
  const isWeb = cluster !== undefined && isWebApplication(cluster);
  const local = isDirect || isWeb ? undefined : ports.known(id);
  return cluster === undefined || (local === undefined && !isDirect && !isWeb)
    ? undefined
    : { cluster, local };
}
