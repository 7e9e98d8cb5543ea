import { AppError, toPlainError } from '../../model/app-error.ts';
import { type Cluster, cellId, type Source } from '../../model/cluster.ts';
import type { DiscoveryStatus } from '../../model/discovery-status.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock, Logger } from '../parts.ts';
import type { DiscoverySource } from '../providers/discovery-source.ts';
import { createSlowLocations } from './slow-locations.ts';

export interface Discovery {
  /**
   * Reads every source at once, or `only` one; a call during a run that reads as much joins it, any other call follows
   * it. `asked` means that the user waits for the run. Rejects only with `cancelled`: failures are results.
   */
  run(options?: { readonly asked?: boolean; readonly only?: Source | undefined }): Promise<void>;
  /** Cancels the run and those that would follow it: results so far stay, the rest does not change. */
  cancel(): void;
  status(): DiscoveryStatus;
  /**
   * Returns the cluster with the details that its source leaves out of the listing, and stores them in the catalog.
   * Rejects as `complete` of the source.
   */
  complete(cluster: Cluster, signal: AbortSignal): Promise<Cluster>;
}

export function createDiscovery(options: {
  readonly sources: readonly DiscoverySource[];
  readonly catalog: Pick<
    Catalog,
    'clusters' | 'cells' | 'apply' | 'settle' | 'finish' | 'finishedAt' | 'update'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
  onStatus(status: DiscoveryStatus): void;
}): Discovery {
  const { sources, catalog, clock, logger, onStatus } = options;
  const idle = (): DiscoveryStatus => {
    const finishedAt = catalog.finishedAt();
    return { status: 'idle', ...(finishedAt === undefined ? {} : { finishedAt }) };
  };
  let status = idle();
  let current:
    | {
        readonly done: Promise<void>;
        readonly abort: AbortController;
        readonly only: Source | undefined;
      }
    | undefined;
  let cancelled = 0;

  const report = (next: DiscoveryStatus) => {
    status = next;
    onStatus(next);
  };

  const read = async (options: {
    readonly signal: AbortSignal;
    readonly asked: boolean;
    readonly only: Source | undefined;
  }): Promise<void> => {
    const { signal, asked, only } = options;
    const since = clock.now();
    let cellsKnown = 0;
    let clusters = 0;
    const counts = new Map<string, number>();
    const progress = () => {
      const cellsRead = counts.size;
      const waiting = slow.list();
      report({
        status: 'running',
        since,
        cellsRead,
        cellsKnown: Math.max(cellsKnown, cellsRead),
        clusters,
        ...(waiting.length === 0 ? {} : { slow: [...waiting] }),
      });
    };
    const slow = createSlowLocations({ clock, onChange: () => signal.aborted || progress() });
    progress();
    const runSource = async (source: DiscoverySource): Promise<void> => {
      const visited = new Set<string>();
      // A run cannot read, or find to be gone, what only a shell has the variables for.
      const cells = catalog.cells().filter((cell) => cell.source === source.source);
      const shells = new Set(cells.filter(({ shell }) => shell === true).map(({ id }) => id));
      const onCell: Parameters<DiscoverySource['discover']>[0]['onCell'] = (result) => {
        if (signal.aborted) return;
        const id = cellId(result.cell.source, result.cell.account, result.cell.region);
        const { outcome } = result;
        visited.add(id);
        const count = 'clusters' in outcome ? (outcome.clusters?.length ?? 0) : 0;
        clusters += count - (counts.get(id) ?? 0);
        counts.set(id, count);
        catalog.apply(result);
        progress();
      };
      try {
        await source.discover({
          signal,
          known: catalog
            .clusters()
            .filter(
              ({ source: from, account, region }) =>
                from === source.source && !shells.has(cellId(from, account, region)),
            ),
          cells: cells.filter(({ id }) => !shells.has(id)),
          asked,
          onPlanned(more) {
            cellsKnown += more;
            progress();
          },
          onReading: slow.begin,
          onCell,
        });
        signal.throwIfAborted();
        catalog.settle({ source: source.source, visited });
      } catch (error) {
        signal.throwIfAborted();
        logger.error('a source of clusters failed', { source: source.source, error: toPlainError(error) });
        onCell({
          cell: { source: source.source, account: '*', region: '*' },
          outcome: { kind: 'failed', error: toPlainError(error) },
        });
        catalog.settle({ source: source.source, visited, error: toPlainError(error) });
      }
    };
    const wanted = sources.filter(({ source }) => only === undefined || source === only);
    const results = await Promise.allSettled(wanted.map(runSource));
    slow.close();
    signal.throwIfAborted();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    if (only === undefined) catalog.finish();
    logger.info('discovery finished', { ms: clock.now() - since, cells: counts.size, ...(only && { only }) });
  };

  const run: Discovery['run'] = ({ asked = false, only } = {}) => {
    if (current !== undefined && (current.only === undefined || current.only === only)) return current.done;
    if (current !== undefined) {
      const before = cancelled;
      return current.done
        .catch(() => {})
        .then(() => {
          if (cancelled !== before) throw new AppError('cancelled', 'Discovery was cancelled.');
          return run({ asked, only });
        });
    }
    const abort = new AbortController();
    const done = read({ signal: abort.signal, asked, only }).finally(() => {
      current = undefined;
      report(idle());
    });
    current = { done, abort, only };
    return done;
  };

  return {
    run,
    cancel() {
      cancelled += 1;
      current?.abort.abort(new AppError('cancelled', 'Discovery was cancelled.'));
    },
    status: () => status,
    async complete(cluster, signal) {
      const source = sources.find((one) => one.source === cluster.source);
      const whole = (await source?.complete?.(cluster, signal)) ?? cluster;
      if (whole !== cluster) catalog.update(whole);
      return whole;
    },
  };
}
