import { AppError } from '../../model/app-error.ts';

/** As much of an AbortSignal as is needed here: that of Azure's SDK has no more. */
interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Waits for `work` until the signal aborts. The work itself goes on: a result that comes too late is given to `late`, to
 * be closed or thrown away. Rejects as the work does, or with `reason()` when the signal aborts first, which is an
 * AppError `cancelled` unless given.
 */
export function abortable<T>(
  work: Promise<T>,
  signal: Signal,
  options: { readonly reason?: () => unknown; readonly late?: (result: T) => void } = {},
): Promise<T> {
  const { reason = () => new AppError('cancelled', 'Cancelled.'), late = () => {} } = options;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(reason());
      work.then(late, () => {});
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
