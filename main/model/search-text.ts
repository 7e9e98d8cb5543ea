import type { Cluster } from './cluster.ts';

/**
 * Returns the searchable texts of a cluster: its names, its location, and every tag at its source. The keys of our tags
 * are left out, because they are the same everywhere.
 */
export function searchText(cluster: Cluster): string {
  const { id, title, name, source, account, accountName, region, reach } = cluster;
  const { environment, group, owner, description, docs, namespace, tags = {}, otherTags = {} } = cluster;
  const own = [id, title, name, source, account, accountName, region, environment, group, owner];
  const host = reach.kind === 'tunnel' ? reach.hostname : '';
  const others = Object.entries(otherTags).map((entry) => entry.join('='));
  return [...own, description, docs, namespace, host, ...Object.values(tags), ...others]
    .join('\n')
    .toLowerCase();
}
