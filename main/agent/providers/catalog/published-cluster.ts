import { type Cluster, cellId, clusterSchema } from '../../../model/cluster.ts';
import type { CatalogRecord } from '../../../model/published-catalog.ts';
import { misfit } from '../../storage/json-file.ts';
import { refused } from './refused.ts';

/** Sources that a catalog may hold. A cluster file names programs and files of the computer that it is on. */
const published: ReadonlySet<string> = new Set(['eks', 'gke', 'aks', 'vault']);

/**
 * Returns the cluster of a record, last seen at `seenAt`. What belongs to a user's own sign-in is left out: the
 * credential looks for it on this computer. Throws `answer-refused` if the record does not describe a cluster, or one
 * that a catalog must not hold.
 */
export function publishedCluster({ cluster }: CatalogRecord, seenAt: number): Cluster {
  const { production: _, byOrganisation: __, ...rest } = cluster;
  const read = clusterSchema.safeParse({
    ...rest,
    credential: withoutLogins(cluster.credential),
    seenAt,
    stale: false,
  });
  if (!read.success)
    throw refused(`its record of ${cluster.id} does not fit this version (${misfit(read.error)})`, {
      hint: 'Update k8s-tunnels. If it remains, ask who publishes the catalog.',
    });
  const { id, source, account, region, credential } = read.data;
  if (!published.has(source) || credential?.kind === 'file')
    throw refused(`its record of ${id} is of a source that cannot be published`);
  if (!id.startsWith(`${cellId(source, account, region)}/`))
    throw refused(`its record of ${id} is of another location`);
  const { credential: made, ...withoutCredential } = read.data;
  return made === undefined ? withoutCredential : read.data;
}

function withoutLogins(credential: unknown): unknown {
  if (typeof credential !== 'object' || credential === null || !('kind' in credential)) return credential;
  if (credential.kind === 'eks') return { ...credential, ways: [] };
  if (credential.kind === 'gke') return { kind: 'gke' };
  return credential;
}
