/** Runs each piece of work after all earlier ones have ended. Resolves and rejects as the work does. */
export type SerialQueue = <T>(work: () => Promise<T>) => Promise<T>;

/** A failure affects only the caller of that work: the next piece of work runs nevertheless. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
