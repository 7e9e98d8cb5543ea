import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';

/** How often a request is sent at most. */
export const requestTries = 4;

/**
 * Sends a request that is harmless to repeat, up to four times while its answer has a status of `passing`, with pauses
 * that double, plus jitter. The answer is the last one, whatever it says. Rejects as `send` does; after a connection that
 * could not be opened, it is sent once more at once.
 */
export async function retryRequest<Answer extends { readonly status: number }>(options: {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly send: () => Promise<Answer>;
  readonly passing: ReadonlySet<number>;
  /** The pause before the next try, given the usual one; undefined where it is not worth the wait. */
  readonly pauseMs: (answer: Answer, usualMs: number) => number | undefined;
  readonly signal: AbortSignal | undefined;
}): Promise<Answer> {
  const { clock, send, passing, pauseMs, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    let answer: Answer;
    try {
      answer = await send();
    } catch (error) {
      // A kept connection may have been closed just as it was used again.
      if (attempt === 1 && error instanceof AppError && error.code === 'network-unreachable') continue;
      throw error;
    }
    if (attempt === requestTries || !passing.has(answer.status)) return answer;
    const ms = pauseMs(answer, 200 * 2 ** attempt * (0.5 + Math.random() / 2));
    if (ms === undefined) return answer;
    await clock.sleep(ms, signal);
  }
}
