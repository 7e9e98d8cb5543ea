import type { Cluster } from './cluster.ts';

/**
 * Returns the searchable texts of a cluster: its names, its location, and every tag at its source. The keys of our tags
 * are left out, because they are the same everywhere.
 */
export function searchText(cluster: Cluster): string {
  const { id, title, name, source, account, accountName, region, reach } = cluster;
  const { environment, group, owner, description, docs, namespace, tags = {}, otherTags = {} } = cluster;
  return [
    ...[id, title, name, source, account, accountName, region],
    ...[environment, group, owner, description, docs, namespace],
    reach.kind === 'tunnel' ? reach.hostname : undefined,
    ...Object.values(tags),
    ...Object.entries(otherTags).map(([key, value]) => `${key}=${value}`),
  ]
    .filter((text) => text !== undefined)
    .join('\n')
    .toLowerCase();
}
