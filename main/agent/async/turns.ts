import { setImmediate } from 'node:timers/promises';

/**
 * Starts a limited number at each turn of the event loop. If all started at once, they would go through every step
 * together: the first request would leave when the last is ready, and the rest of the agent would wait for all of them.
 */
export function createTurns(perTurn: number): () => Promise<void> {
  let begun = 0;
  let turn = Promise.resolve();
  return () => {
    if (begun % perTurn === 0) turn = turn.then(() => setImmediate());
    begun += 1;
    return turn;
  };
}
