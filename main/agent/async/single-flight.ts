/** Starts work unless work for the same key is running: callers at the same time share one run and its result. */
export interface SingleFlight<K, T> {
  /** Joins the running work of `key`, or starts it. The first call after its end starts it again. */
  share(key: K, start: () => Promise<T>): Promise<T>;
  /** Returns true if the work of `key` is running. */
  has(key: K): boolean;
}

export function createSingleFlight<K, T>(): SingleFlight<K, T> {
  const running = new Map<K, Promise<T>>();
  return {
    share(key, start) {
      const known = running.get(key);
      if (known !== undefined) return known;
      const work = start();
      running.set(key, work);
      const done = () => running.delete(key);
      work.then(done, done);
      return work;
    },
    has: (key) => running.has(key),
  };
}

/** The same for work without a key: calls while it runs share it. */
export function singleFlight<T>(start: () => Promise<T>): () => Promise<T> {
  const flight = createSingleFlight<undefined, T>();
  return () => flight.share(undefined, start);
}
