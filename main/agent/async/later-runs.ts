/**
 * Starts work, or shares a run of it that begins after the call. A run that is in progress may have missed what its
 * caller has just done, so it is not joined: all who call meanwhile share the next one. Resolves and rejects as the work.
 */
export function createLaterRuns<K, T>(): (key: K, start: () => Promise<T>) => Promise<T> {
  const running = new Map<K, Promise<T>>();
  const next = new Map<K, Promise<T>>();
  const begin = (key: K, start: () => Promise<T>): Promise<T> => {
    const work = start();
    running.set(key, work);
    const done = () => {
      if (running.get(key) === work) running.delete(key);
    };
    work.then(done, done);
    return work;
  };
  return (key, start) => {
    const current = running.get(key);
    if (current === undefined) return begin(key, start);
    const known = next.get(key);
    if (known !== undefined) return known;
    const follow = () => {
      next.delete(key);
      return begin(key, start);
    };
    const follower = current.then(follow, follow);
    next.set(key, follower);
    return follower;
  };
}
