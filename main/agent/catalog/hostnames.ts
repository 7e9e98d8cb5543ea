import type { ClusterId } from '../../model/cluster.ts';
import type { Catalog } from './catalog.ts';

/** Returns the hostnames of those clusters that are behind Cloudflare Access. */
export function hostnamesOf(catalog: Pick<Catalog, 'get'>, ids: readonly ClusterId[]): readonly string[] {
  return ids.flatMap((id) => {
    const reach = catalog.get(id)?.reach;
    return reach?.kind === 'tunnel' ? [reach.hostname] : [];
  });
}
