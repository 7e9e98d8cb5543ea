import { type Cell, type ClusterId, cellId } from '../../model/cluster.ts';
import { isFailed } from '../../model/is-failed.ts';

/** The result of a discovery. */
export interface Listing {
  readonly cells: readonly Cell[];
  readonly failed: readonly Cell[];
  /** When it began, ms since the epoch. */
  readonly startedAt: number;
}

/**
 * Returns a function that says whether a location was read, so that a published cluster that was not found there is
 * gone. A location that the discovery does not name was read if its account was: the last cluster of a region may have
 * been deleted. An account that the discovery does not name was not read: its session may have ended.
 */
export function locationsRead({ cells, failed, startedAt }: Listing): (id: ClusterId) => boolean {
  const failures = new Set(failed.map(({ id }) => id));
  const isRead = (cell: Cell) =>
    !failures.has(cell.id) && !isFailed(cell) && (cell.readAt ?? cell.triedAt ?? 0) >= startedAt;
  const read = cells.filter(isRead);
  const locations = new Set(read.map(({ id }) => id));
  const accounts = new Set(read.map(accountOf));
  for (const cell of failed) {
    accounts.delete(accountOf(cell));
    // A source as a whole failed, or the list of its accounts.
    if (cell.account === '*')
      for (const one of read) if (one.source === cell.source) accounts.delete(accountOf(one));
  }
  return (id) => {
    const [source = '', account = '', region = ''] = id.split('/');
    return locations.has(`${source}/${account}/${region}`) || accounts.has(`${source}/${account}`);
  };
}

/** The first two parts of a location's id. */
function accountOf({ source, account }: Pick<Cell, 'source' | 'account'>): string {
  return cellId(source, account, '').slice(0, -1);
}
