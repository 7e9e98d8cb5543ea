import { AppError } from '../../model/app-error.ts';

/**
 * Waits for `work` until the signal aborts. The work itself goes on: a result that comes too late is given to `late`, to
 * be closed or thrown away. Rejects as the work does, or with `reason()` when the signal aborts first, which is an
 * AppError `cancelled` unless given.
 */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal,
  options: { readonly reason?: () => unknown; readonly late?: (result: T) => void } = {},
): Promise<T> {
  const { reason = () => new AppError('cancelled', 'Cancelled.'), late = () => {} } = options;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(reason());
      work.then(late, () => {});
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
