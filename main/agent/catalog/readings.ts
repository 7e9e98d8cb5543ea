import { isDeepStrictEqual } from 'node:util';
import type { PlainError } from '../../model/app-error.ts';
import { type Cell, type Cluster, type ClusterId, cellId } from '../../model/cluster.ts';
import { plainText } from '../../model/plain-text.ts';
import type { CellResult } from '../providers/discovery-source.ts';

export type SourceAccount = Pick<Cell, 'source' | 'account'>;

/** Returns the error of a location that a complete run did not visit, but which has clusters. */
export function unvisited({
  source,
  account,
  region,
}: Pick<Cell, 'source' | 'account' | 'region'>): PlainError {
  return {
    code: 'not-found',
    message: `No session and no setting covers ${source} ${account} ${region} any more.`,
    hint: 'Showing its clusters as they were last seen.',
    retryable: false,
  };
}

/** Merges the readings of a cluster that is reached in two ways into one cluster with both. */
export function mergeDuplicates(read: readonly Cluster[]): ReadonlyMap<ClusterId, Cluster> {
  const merged = new Map<ClusterId, Cluster>();
  for (const cluster of read) {
    const known = merged.get(cluster.id)?.credential;
    const { credential } = cluster;
    if (known?.kind === 'eks' && credential?.kind === 'eks') {
      const more = credential.ways.filter((way) => !known.ways.some((one) => isDeepStrictEqual(one, way)));
      const ways = [...known.ways, ...more];
      merged.set(cluster.id, { ...cluster, credential: { ...credential, ways } });
    } else {
      merged.set(cluster.id, cluster);
    }
  }
  return merged;
}

/** How long a location that only shells have read is kept without another reading. */
const shellLifeMs = 30 * 24 * 3_600_000;

/** Returns whether a location that only shells have read was not read again for so long that it is dropped. */
export function isForsaken({ shell, readAt = 0 }: Cell, now: number): boolean {
  return shell === true && Math.abs(now - readAt) > shellLifeMs;
}

/** Returns a location with its id, and its name without invisible characters. */
export function named(location: CellResult['cell']) {
  const { source, account, accountName, region } = location;
  const shown = accountName === undefined ? {} : { accountName: plainText(accountName) };
  return { id: cellId(source, account, region), ...location, ...shown };
}

/** Identifies the file of an account. */
export function accountKey({ source, account }: SourceAccount): string {
  return `${source} ${account}`;
}
