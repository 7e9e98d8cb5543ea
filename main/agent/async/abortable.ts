import { AppError } from '../../model/app-error.ts';

/** The part of an AbortSignal that is needed here: Azure's SDK passes only this part. */
interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Waits for `work` until the signal aborts. The work itself continues: a result that comes too late is passed to
 * `late`, to be closed or discarded. Rejects as the work does, or with `reason()` if the signal aborts first: an
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
