import type { ErrorCode } from './app-error.ts';
import type { Cell } from './cluster.ts';

/** Said by a place that is switched off: an answer, no failure. */
const answers: ReadonlySet<ErrorCode> = new Set(['aws-region-disabled', 'gcp-api-disabled']);

/** Whether a place could not be read and somebody should know. */
export function isFailed({ error }: Pick<Cell, 'error'>): boolean {
  return error !== undefined && !answers.has(error.code);
}
