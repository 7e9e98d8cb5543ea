import { AppError } from '../../../model/app-error.ts';

const defaultHint = 'Ask who publishes the catalog. Until then the last one that was accepted is used.';

/** Creates the error for a catalog that is not accepted. `why` completes the sentence. */
export function refused(why: string, { hint = defaultHint }: { readonly hint?: string } = {}): AppError {
  return new AppError('answer-refused', `The organisation's catalog is refused: ${why}.`, { hint });
}
