import { AppError } from '../../model/app-error.ts';

/** Formats an error within a notice: what happened, and what to do next. */
export function sentences(error: unknown): string {
  if (!(error instanceof AppError)) return 'unknown error';
  return `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`;
}
