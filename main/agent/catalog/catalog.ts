import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { type PlainError, toPlainError } from '../../model/app-error.ts';
import { type Cell, type CellSource, type Cluster, type ClusterId, cellId } from '../../model/cluster.ts';
import type { Clock, Logger } from '../parts.ts';
import type { CellResult } from '../providers/discovery-source.ts';
import { type Account, createCatalogFiles } from './catalog-files.ts';
import { findCluster } from './find-cluster.ts';
import { accountKey, isForsaken, mergeDuplicates, named, type SourceAccount, unvisited } from './readings.ts';

/** What changed. An item that was read again without a difference is not included. */
export interface CatalogChange {
  readonly upserted: readonly Cluster[];
  readonly removed: readonly ClusterId[];
  readonly cells: readonly Cell[];
  readonly removedCells: readonly string[];
}

/** All known clusters: answered from memory, stored on disk, updated by discovery. */
export interface Catalog {
  clusters(): readonly Cluster[];
  cells(): readonly Cell[];
  get(id: ClusterId): Cluster | undefined;
  /** Finds by ID, else title, else name. Throws `ambiguous-cluster` or `not-found`. */
  find(text: string): Cluster;
  /** Applies one result. Only a complete listing removes clusters; clusters of a failed cell stay and become stale. */
  apply(result: CellResult): void;
  /**
   * Adds what a run with the variables of a shell has listed in a location, and removes nothing: the agent's own runs may
   * see more. A known cluster keeps its credential source. Clusters of a location that only shells read, and that are
   * missing from a complete listing, become stale; after 30 days without another reading such a location is dropped.
   */
  addFromShell(result: CellResult): void;
  /** Updates a known cluster with more details. Does nothing if it is gone. */
  update(cluster: Cluster): void;
  /**
   * Ends a run of a source, complete or interrupted by `error`. Drops cells that the run did not visit if they are
   * empty. Otherwise their clusters stay and become stale, because nothing confirmed that they are gone.
   */
  settle(run: {
    readonly source: CellSource;
    readonly visited: ReadonlySet<string>;
    readonly error?: PlainError;
  }): void;
  /** Records the end of a full run over all sources. */
  finish(): void;
  finishedAt(): number | undefined;
  /** Returns true if the last full run is younger than `maxAgeMs` and no cell has a retryable error. */
  isFresh(maxAgeMs: number): boolean;
  /** Returns an unsubscribe function. */
  onChange(listener: (change: CatalogChange) => void): () => void;
  /** Writes pending changes to disk. Rejects as `writeFileAtomic` does. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Long enough to write a burst of cells at once, short enough to lose little. */
const writeDelayMs = 500;
/** Each write is flushed to the disk. */
const writesAtOnce = 8;

const nothing = { upserted: [], removed: [], cells: [], removedCells: [] } satisfies CatalogChange;

/** Loads the catalog of `folder`. Rejects with `file-unreadable`; a file that does not fit is set aside, not lost. */
export async function createCatalog(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a full run is fresh for readers without an agent, ms. Undefined: never. */
  readonly freshForMs?: () => number;
  /** The template of context names, by which clusters are found too. */
  readonly contextTemplate?: () => string;
  /** Called for each part that is set aside. */
  readonly onSetAside?: (aside: string, reason: string) => void;
}): Promise<Catalog> {
  const { clock, logger, onSetAside } = options;
  const files = createCatalogFiles({
    folder: options.folder,
    onUnreadable(file, reason, aside) {
      logger.warn('a part of the catalog is set aside', { file, reason, aside });
      onSetAside?.(aside, reason);
    },
  });
  const stored = await files.read();
  let { finishedAt } = stored;
  let freshUntil: number | undefined;
  const cells = new Map(
    stored.accounts.flatMap((account) => account.cells).map((cell) => [cell.id, cell] as const),
  );
  const clusters = new Map(
    stored.accounts.flatMap((account) => account.clusters).map((cluster) => [cluster.id, cluster] as const),
  );
  /** The cluster IDs of each cell, so that updating one cell does not scan the others. */
  const members = new Map<string, Set<ClusterId>>();
  const membersOf = (cell: string) => {
    const known = members.get(cell) ?? new Set();
    members.set(cell, known);
    return known;
  };
  for (const { id, source, account, region } of clusters.values())
    membersOf(cellId(source, account, region)).add(id);
  const listeners = new Set<(change: CatalogChange) => void>();

  /** Changes that are not on disk yet. */
  const dirty = { accounts: new Map<string, SourceAccount>(), finished: false };
  let stopTimer: (() => void) | undefined;
  let written = Promise.resolve();
  const writeDirty = async (): Promise<void> => {
    const changed = [...dirty.accounts];
    const { finished } = dirty;
    dirty.accounts.clear();
    dirty.finished = false;
    const contents = contentsOf(new Set(changed.map(([key]) => key)));
    const limit = pLimit(writesAtOnce);
    const results = await Promise.allSettled([
      ...changed.map(([key, account]) =>
        limit(() => files.writeAccount(account, contents.get(key) ?? { cells: [], clusters: [] })).catch(
          (error: unknown) => {
            dirty.accounts.set(key, account);
            throw error;
          },
        ),
      ),
      ...(finished
        ? [
            files.writeFinished(finishedAt, freshUntil).catch((error: unknown) => {
              dirty.finished = true;
              throw error;
            }),
          ]
        : []),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };
  /** Returns the current content of these accounts. */
  const contentsOf = (keys: ReadonlySet<string>): ReadonlyMap<string, Account> => {
    const contents = new Map(
      [...keys].map((key) => [key, { cells: [] as Cell[], clusters: [] as Cluster[] }]),
    );
    for (const cell of cells.values()) contents.get(accountKey(cell))?.cells.push(cell);
    for (const cluster of clusters.values()) contents.get(accountKey(cluster))?.clusters.push(cluster);
    return contents;
  };
  const flush = (): Promise<void> => {
    stopTimer?.();
    stopTimer = undefined;
    if (dirty.finished || dirty.accounts.size > 0) written = written.catch(() => {}).then(writeDirty);
    return written;
  };
  const writeSoon = () => {
    stopTimer ??= clock.timer(writeDelayMs, () => {
      flush().catch((error: unknown) =>
        logger.error('the catalog is not saved', { error: toPlainError(error) }),
      );
    });
  };
  const touch = ({ source, account }: SourceAccount) => {
    dirty.accounts.set(accountKey({ source, account }), { source, account });
    writeSoon();
  };

  const publish = (change: CatalogChange) => {
    if (
      change.upserted.length + change.removed.length + change.cells.length + change.removedCells.length ===
      0
    )
      return;
    for (const listener of listeners) listener(change);
  };

  /** Returns the cluster if it changed. */
  const put = (cell: string, cluster: Cluster): readonly Cluster[] => {
    const known = clusters.get(cluster.id);
    clusters.set(cluster.id, cluster);
    membersOf(cell).add(cluster.id);
    touch(cluster);
    return known !== undefined && isDeepStrictEqual({ ...known, seenAt: 0 }, { ...cluster, seenAt: 0 })
      ? []
      : [cluster];
  };
  const putCell = (cell: Cell): readonly Cell[] => {
    const known = cells.get(cell.id);
    cells.set(cell.id, cell);
    touch(cell);
    const comparable = ({ readAt, triedAt: _, ...rest }: Cell) => ({ ...rest, read: readAt !== undefined });
    return known !== undefined && isDeepStrictEqual(comparable(known), comparable(cell)) ? [] : [cell];
  };
  /** Marks the cell's clusters stale, except those in `except`. */
  const age = (cell: string, except: ReadonlySet<ClusterId>): readonly Cluster[] =>
    [...membersOf(cell)].flatMap((id) => {
      const known = clusters.get(id);
      return known === undefined || except.has(id) ? [] : put(cell, { ...known, stale: true });
    });
  /** Removes the cell's clusters, except those in `except`. */
  const remove = (cell: string, except: ReadonlySet<ClusterId>): readonly ClusterId[] => {
    const removed = [...membersOf(cell)].filter((id) => !except.has(id));
    for (const id of removed) {
      clusters.delete(id);
      membersOf(cell).delete(id);
    }
    return removed;
  };
  const dropCell = (cell: Cell | undefined) => {
    if (cell === undefined) return;
    touch(cell);
    cells.delete(cell.id);
    members.delete(cell.id);
  };
  const fail = (
    cell: Pick<Cell, 'id' | 'source' | 'account' | 'accountName' | 'region'>,
    error: PlainError,
  ) => {
    const { readAt, accountName } = cells.get(cell.id) ?? {};
    return putCell({
      // A failed cell reports no name: keep the known one.
      ...(accountName === undefined ? {} : { accountName }),
      ...cell,
      ...(readAt === undefined ? {} : { readAt }),
      triedAt: clock.now(),
      error,
    });
  };

  return {
    clusters: () => [...clusters.values()],
    cells: () => [...cells.values()],
    get: (id) => clusters.get(id),
    find: (text) => findCluster(text, clusters, options.contextTemplate?.()),
    apply({ cell: location, outcome }) {
      if (outcome.kind === 'skipped') return;
      const cell = named(location);
      // The agent cannot read what only a shell has the variables for.
      if (outcome.kind !== 'listed' && cells.get(cell.id)?.shell === true) return;
      const read = mergeDuplicates('clusters' in outcome ? (outcome.clusters ?? []) : []);
      const upserted = [...read.values()].flatMap((cluster) => put(cell.id, cluster));
      const seen = new Set(read.keys());
      if (outcome.kind !== 'listed') {
        const stale = age(cell.id, seen);
        const changed = fail(cell, outcome.error);
        publish({ ...nothing, upserted: [...upserted, ...stale], cells: changed });
        return;
      }
      const { readAt = clock.now() } = outcome;
      publish({ ...nothing, upserted, removed: remove(cell.id, seen), cells: putCell({ ...cell, readAt }) });
    },
    addFromShell({ cell: location, outcome }) {
      if (!('clusters' in outcome)) return;
      const { id } = named(location);
      const read = mergeDuplicates(outcome.clusters ?? []);
      if (read.size === 0 && !cells.has(id)) return;
      const upserted = [...read.values()].flatMap((cluster) =>
        put(id, { ...cluster, credential: clusters.get(cluster.id)?.credential ?? cluster.credential }),
      );
      const known = cells.get(id);
      const isShell = known === undefined || known.shell === true;
      const stale = isShell && outcome.kind === 'listed' ? age(id, new Set(read.keys())) : [];
      const cell = { ...known, ...named(location), readAt: clock.now(), shell: true } as const;
      publish({ ...nothing, upserted: [...upserted, ...stale], cells: isShell ? putCell(cell) : [] });
    },
    update(cluster) {
      if (!clusters.has(cluster.id)) return;
      const upserted = put(cellId(cluster.source, cluster.account, cluster.region), cluster);
      publish({ ...nothing, upserted });
    },
    settle({ source, visited, error }) {
      const left = [...cells.values()].filter(
        (cell) => cell.source === source && !visited.has(cell.id) && cell.shell !== true,
      );
      const empty = left.filter(({ id }) => membersOf(id).size === 0).map(({ id }) => id);
      for (const id of empty) dropCell(cells.get(id));
      const kept = left.filter(({ id }) => !empty.includes(id));
      publish({
        upserted: kept.flatMap(({ id }) => age(id, new Set())),
        removed: [],
        cells: kept.flatMap(({ readAt: _, triedAt: __, error: ___, ...cell }) =>
          fail(cell, error ?? unvisited(cell)),
        ),
        removedCells: empty,
      });
    },
    finish() {
      finishedAt = clock.now();
      const forsaken = [...cells.values()].filter((cell) => isForsaken(cell, clock.now()));
      const removed = forsaken.flatMap(({ id }) => remove(id, new Set()));
      for (const cell of forsaken) dropCell(cell);
      publish({ ...nothing, removed, removedCells: forsaken.map(({ id }) => id) });
      freshUntil = options.freshForMs === undefined ? undefined : finishedAt + options.freshForMs();
      dirty.finished = true;
      writeSoon();
    },
    finishedAt: () => finishedAt,
    isFresh(maxAgeMs) {
      if (finishedAt === undefined) return false;
      const age = clock.now() - finishedAt;
      // A clock that was set back must not keep the catalog fresh for longer.
      return (
        age >= 0 && age <= maxAgeMs && ![...cells.values()].some(({ error }) => error?.retryable === true)
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush,
    close: flush,
  };
}
