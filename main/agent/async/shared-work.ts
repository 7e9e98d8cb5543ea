import { AppError } from '../../model/app-error.ts';
import { abortable } from './abortable.ts';

/** Work that several callers wait for: the first caller of a key starts it, the others share it. */
export interface SharedWork {
  /**
   * Waits for the work of `key`, and starts it if it is not running. The work is abandoned when nobody waits for it any
   * more. Rejects as the work does, or with `cancelled` if `signal` aborts first.
   */
  wait(options: {
    readonly key: string;
    readonly start: (abandoned: AbortSignal) => Promise<void>;
    readonly signal: AbortSignal;
  }): Promise<void>;
  /** Cancels the work of `key` for all callers. */
  abandon(key: string): void;
}

/** `cancelled` is the error message for a caller whose signal aborts. */
export function createSharedWork({ cancelled = 'Cancelled.' } = {}): SharedWork {
  const reason = () => new AppError('cancelled', cancelled);
  const running = new Map<
    string,
    { readonly done: Promise<void>; readonly abandoned: AbortController; waiting: number }
  >();
  return {
    async wait({ key, start, signal }) {
      let work = running.get(key);
      if (work === undefined) {
        const abandoned = new AbortController();
        work = { done: start(abandoned.signal), abandoned, waiting: 0 };
        running.set(key, work);
      }
      work.waiting += 1;
      try {
        await abortable(work.done, signal, { reason });
      } finally {
        work.waiting -= 1;
        if (work.waiting === 0) {
          work.abandoned.abort();
          if (running.get(key) === work) running.delete(key);
        }
      }
    },
    abandon: (key) => running.get(key)?.abandoned.abort(),
  };
}
