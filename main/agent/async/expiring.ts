import type { Clock } from '../parts.ts';
import { abortable } from './abortable.ts';

/** Caches results for some time. Callers at the same time share one run. */
export interface Expiring<K, T> {
  /**
   * Resolves with the cached result for `key`, else with that of `make`. Rejects as `make` does, whose failure is not
   * cached, or with `cancelled` if the signal aborts first.
   */
  get(
    key: K,
    wanted: {
      /** `abandoned` aborts when the signals of all callers have aborted. */
      readonly make: (abandoned: AbortSignal) => Promise<T>;
      /** Returns how long the result is valid once it exists. Until then it is shared. 0: shared, but not cached. */
      readonly lifeMs: (result: T) => number | Promise<number>;
      /** The value that the result depends on: a result from another value (by `===`) is no longer valid. */
      readonly from?: unknown;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<T>;
  delete(key: K): void;
  clear(): void;
}

interface Entry<T> {
  readonly from: unknown;
  readonly work: Promise<T>;
  readonly abandoned: AbortController;
  waiting: number;
  /** Undefined while the result is being made. */
  held: { readonly since: number; readonly lifeMs: number } | undefined;
}

export function createExpiring<K, T>(clock: Pick<Clock, 'now'>): Expiring<K, T> {
  const entries = new Map<K, Entry<T>>();
  // A clock that was set back must not keep a result for longer: compare the absolute age.
  const counts = ({ held }: Entry<T>) =>
    held === undefined || Math.abs(clock.now() - held.since) < held.lifeMs;

  const begin: (key: K, wanted: Parameters<Expiring<K, T>['get']>[1]) => Entry<T> = (key, wanted) => {
    const { make, lifeMs, from } = wanted;
    const abandoned = new AbortController();
    const entry: Entry<T> = {
      from,
      work: make(abandoned.signal),
      abandoned,
      waiting: 0,
      held: undefined,
    };
    entries.set(key, entry);
    const drop = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    const hold = async () => {
      const ms = await lifeMs(await entry.work);
      entry.held = { since: clock.now(), lifeMs: ms };
      if (ms <= 0) drop();
    };
    hold().catch(drop);
    abandoned.signal.addEventListener('abort', drop);
    return entry;
  };

  return {
    async get(key, wanted) {
      const { from, signal } = wanted;
      const known = entries.get(key);
      const entry = known?.from === from && known !== undefined && counts(known) ? known : begin(key, wanted);
      entry.waiting += 1;
      try {
        return await (signal === undefined ? entry.work : abortable(entry.work, signal));
      } finally {
        entry.waiting -= 1;
        if (entry.waiting === 0 && entry.held === undefined && signal?.aborted === true)
          entry.abandoned.abort();
      }
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}
