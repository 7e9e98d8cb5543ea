import type { Cluster } from './cluster.ts';

/** The searchable texts of a cluster: its names, its location, and every tag at its source. */
export function searchText(cluster: Cluster): string {
  const { id, title, name, source, account, accountName, region, reach } = cluster;
  const { environment, group, owner, description, docs, namespace, tags = {}, otherTags = {} } = cluster;
  return [
    ...[id, title, name, source, account, accountName, region],
    ...[environment, group, owner, description, docs, namespace],
    reach.kind === 'tunnel' ? reach.hostname : undefined,
    // The keys of ours are the same everywhere: only their values tell clusters apart.
    ...Object.values(tags),
    ...Object.entries(otherTags).map(([key, value]) => `${key}=${value}`),
  ]
    .filter((text) => text !== undefined)
    .join('\n')
    .toLowerCase();
}
