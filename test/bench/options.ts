import type { Row } from './row.ts';

/** How a benchmark is run. */
export interface BenchOptions {
  /** With small counts, to see that it works: the figures mean nothing. */
  readonly small: boolean;
}

/** Measures, and yields its rows as they are ready. */
export type Benchmark = (options: BenchOptions) => AsyncIterable<Row>;
