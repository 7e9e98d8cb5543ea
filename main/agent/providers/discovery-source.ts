import type { PlainError } from '../../model/app-error.ts';
import type { Cell, CellSource, Cluster } from '../../model/cluster.ts';

/** The result for one location. */
export type CellOutcome =
  /** The complete list: a known cluster that is not in `clusters` no longer exists. */
  | {
      readonly kind: 'listed';
      readonly clusters: readonly Cluster[];
      /** When the list was made, ms since the epoch, if that is not now. */
      readonly readAt?: number;
    }
  /** Not read, or read in part: `clusters` were read, the others are unknown. */
  | { readonly kind: 'failed'; readonly error: PlainError; readonly clusters?: readonly Cluster[] }
  /** The service is switched off in this location. That is an answer, not a failure. */
  | { readonly kind: 'not-enabled'; readonly error: PlainError }
  /** Not requested: the result of an earlier run is still valid. */
  | { readonly kind: 'skipped' };

export interface CellResult {
  readonly cell: Pick<Cell, 'source' | 'account' | 'accountName' | 'region' | 'published'>;
  readonly outcome: CellOutcome;
}

/** A kind of source that lists clusters. */
export interface DiscoverySource {
  readonly source: CellSource;
  /**
   * Reads every cell at once. A failed location is reported like any other result. A cell that a cancellation
   * interrupted is not reported. A location that the configuration no longer includes is reported as empty
   * (`reportGone`). If that is uncertain, it is not reported, and its known clusters become stale. Rejects with
   * `cancelled`, or if the source as a whole cannot be read (its configuration file is broken).
   */
  discover(options: {
    readonly signal: AbortSignal;
    /** The catalog's clusters of this source: read again at once, without waiting for the listing. */
    readonly known: readonly Cluster[];
    /** The cells of this source after the last runs. */
    readonly cells: readonly Cell[];
    /** Whether the user asked for this run: then services that were switched off are checked again sooner. */
    readonly asked: boolean;
    /** The prefix of our tag keys; the default if undefined. */
    readonly tagPrefix?: string | undefined;
    /** Announces more cells. */
    onPlanned(more: number): void;
    /** Announces that a location is being read; call the returned function when it has been. */
    onReading?(cell: CellResult['cell']): () => void;
    onCell(result: CellResult): void;
  }): Promise<void>;
  /**
   * Reads the details that a connection needs and the listing leaves out. Returns the same cluster if they are there
   * already. Rejects with the source's codes.
   */
  complete?(cluster: Cluster, signal: AbortSignal): Promise<Cluster>;
}
