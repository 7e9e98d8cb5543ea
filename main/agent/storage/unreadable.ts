import { AppError, errnoOf } from '../../model/app-error.ts';

/** Creates the error for a file that could not be read. `named` says who named its path, and is printed after it. */
export function unreadable(
  file: string,
  cause: unknown,
  options: { readonly hint?: string; readonly named?: string } = {},
): AppError {
  const { hint = 'Check that you own the file and may read it.', named = '' } = options;
  return new AppError(
    'file-unreadable',
    `${file}${named} could not be read (${errnoOf(cause) ?? 'unknown error'}).`,
    { hint, cause },
  );
}
