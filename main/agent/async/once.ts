/** Loads at the first call and keeps the result for all further calls. Retries a failed load at the next call. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    if (loading !== undefined) return loading;
    const current = load();
    loading = current;
    current.catch(() => {
      loading = undefined;
    });
    return current;
  };
}
