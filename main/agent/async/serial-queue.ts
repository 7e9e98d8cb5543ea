/** Runs each piece of work when all earlier ones have ended. Resolves and rejects as the work does. */
export type SerialQueue = <T>(work: () => Promise<T>) => Promise<T>;

/** A failure concerns only the caller whose work it was: the next piece of work runs all the same. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
