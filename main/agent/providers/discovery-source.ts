import type { PlainError } from '../../model/app-error.ts';
import type { Cell, Cluster, Source } from '../../model/cluster.ts';

/** What one place came to. */
export type CellOutcome =
  /** Everything that is there: what is not among `clusters` no longer exists. */
  | { readonly kind: 'listed'; readonly clusters: readonly Cluster[] }
  /** Not read, or not wholly: `clusters` were read all the same, of the others nothing is known. */
  | { readonly kind: 'failed'; readonly error: PlainError; readonly clusters?: readonly Cluster[] }
  /** The place answers that it is switched off: an answer, no failure. */
  | { readonly kind: 'not-enabled'; readonly error: PlainError }
  /** Not asked, because the catalog's answer of an earlier run still counts. */
  | { readonly kind: 'skipped' };

export interface CellResult {
  readonly cell: Pick<Cell, 'source' | 'account' | 'accountName' | 'region'>;
  readonly outcome: CellOutcome;
}

/** One kind of place where clusters are found. */
export interface DiscoverySource {
  readonly source: Source;
  /**
   * Reads every cell at once. A place that fails is a result, told like any other; nothing is told of a cell that a
   * cancellation cut short. A place to which the configuration leads no more is told as an empty one (`tellGone`); one
   * of which that is not sure is not told, and what is known there becomes stale.
   * Rejects with `cancelled`, or where the source as a whole cannot be read (its configuration file is broken).
   */
  discover(options: {
    readonly signal: AbortSignal;
    /** What the catalog knows of this source: read again at once, without waiting for the listing. */
    readonly known: readonly Cluster[];
    /** The cells of this source as the last runs left them. */
    readonly cells: readonly Cell[];
    /** Whether a person asked for this run: what was found switched off is then asked again sooner. */
    readonly asked: boolean;
    /** What the keys of our tags begin with; the usual prefix where undefined. */
    readonly tagPrefix?: string | undefined;
    /** How many more cells will come. */
    onPlanned(more: number): void;
    onCell(result: CellResult): void;
  }): Promise<void>;
  /**
   * Reads what the listing leaves out of a cluster and a connection needs. Does nothing (the same cluster comes back)
   * where it is there already. Rejects with the source's codes.
   */
  complete?(cluster: Cluster, signal: AbortSignal): Promise<Cluster>;
}
