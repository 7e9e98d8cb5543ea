import type { Cluster, CredentialSource } from '../../model/cluster.ts';

/**
 * Returns what a record has of a cluster, as JSON holds it: without the time at which it was seen, what the publisher's
 * own organisation file makes of its environment, and what belongs to the publisher's sign-in.
 */
export function publishedCluster(cluster: Cluster): Pick<Cluster, 'id'> {
  const { seenAt: _, stale: __, production: ___, credential, ...rest } = cluster;
  const own = credential === undefined ? {} : { credential: withoutOwn(credential) };
  return JSON.parse(JSON.stringify({ ...rest, ...own })) as Pick<Cluster, 'id'>;
}

function withoutOwn(credential: CredentialSource): object {
  switch (credential.kind) {
    case 'eks': {
      const { ways: _, ...rest } = credential;
      return rest;
    }
    case 'gke': {
      const { account: _, ...rest } = credential;
      return rest;
    }
    default:
      return credential;
  }
}

/** Returns whether others can use what is known of a cluster. A cluster file is on one computer. */
export function isPublishable(cluster: Pick<Cluster, 'source' | 'stale' | 'unread'>): boolean {
  return cluster.source !== 'file' && isReadNow(cluster);
}

/** Returns whether the discovery has read its details: a policy may deny those of a single cluster. */
export function isReadNow({ stale, unread }: Pick<Cluster, 'stale' | 'unread'>): boolean {
  return !stale && unread !== true;
}
