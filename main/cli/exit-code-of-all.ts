import type { ErrorCode } from '../model/app-error.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

/** Returns the exit code for several results: the one that they all share, otherwise `failed`. */
export function exitCodeOfAll(results: readonly (ErrorCode | undefined)[]): number {
  const codes = new Set(results.map((code) => (code === undefined ? exitCodes.ok : exitCodeOf(code))));
  const [only] = codes;
  if (only === undefined) return exitCodes.ok;
  return codes.size === 1 ? only : exitCodes.failed;
}
