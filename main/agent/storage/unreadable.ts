import { AppError, errnoOf } from '../../model/app-error.ts';
import { busyHint, isBusy } from './busy-file.ts';

/** Creates the error for a file that could not be read. `named` says who named its path, and is printed after it. */
export function unreadable(
  file: string,
  cause: unknown,
  options: { readonly hint?: string; readonly named?: string; readonly platform?: NodeJS.Platform } = {},
): AppError {
  const { hint = 'Check that you own the file and may read it.', named = '', platform } = options;
  if (isBusy(cause, platform)) {
    return new AppError(
      'file-unreadable',
      `${file}${named} could not be read: another program has it open (${errnoOf(cause)}).`,
      { hint: busyHint, retryable: true, cause },
    );
  }
  return new AppError(
    'file-unreadable',
    `${file}${named} could not be read (${errnoOf(cause) ?? 'unknown error'}).`,
    { hint, cause },
  );
}
