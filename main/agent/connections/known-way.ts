import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Place, Ports } from '../tunnels/ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

/** Where the entry of a cluster leads now: `place` is undefined if the API is reached directly. */
export interface KnownWay {
  readonly cluster: Cluster;
  readonly place: Place | undefined;
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
  const place = isDirect ? undefined : ports.known(id);
  return cluster === undefined || (place === undefined && !isDirect) ? undefined : { cluster, place };
}
