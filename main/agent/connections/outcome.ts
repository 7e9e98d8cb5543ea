import type { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Failure, Stage } from '../../model/tunnel-state.ts';

/** The result of connecting one cluster. */
export type Outcome =
  | {
      readonly status: 'connected';
      readonly cluster: Cluster;
      readonly context: string;
      /** Undefined if the API is reached directly. */
      readonly port: number | undefined;
      readonly latencyMs: number;
    }
  | {
      readonly status: 'failed';
      readonly cluster: Cluster;
      readonly error: AppError;
      readonly stage?: Stage;
      readonly mender?: Failure['mender'];
    };

/** The result of a connect, and what it did to the current context. */
export interface Connected {
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly string[];
  /** Production clusters of a link or a set that were not connected. */
  readonly left: readonly Cluster[];
  /** Production clusters because of which the current context was not switched. */
  readonly stays: readonly Cluster[];
  /** Set if the current context was switched. `from` is the previous one. */
  readonly switched?: { readonly from: string | undefined };
}
