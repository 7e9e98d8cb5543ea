import type { ErrorCode } from './app-error.ts';
import type { Cell } from './cluster.ts';

/** Codes of a location whose service is switched off, which is not a failure. */
const answers: ReadonlySet<ErrorCode> = new Set(['aws-region-disabled', 'gcp-api-disabled']);

/** Returns true if a location could not be loaded and the user should know. */
export function isFailed({ error }: Pick<Cell, 'error'>): boolean {
  return error !== undefined && !answers.has(error.code);
}
