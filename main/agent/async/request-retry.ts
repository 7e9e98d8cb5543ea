import { AppError } from '../../model/app-error.ts';
import type { Clock } from '../parts.ts';

/** The maximum number of times that a request is sent. */
export const requestTries = 4;

/**
 * Sends a request that is safe to repeat, up to four times while its answer has a status of `passing`, with pauses that
 * double, plus jitter. Resolves with the last answer, whatever it says. Rejects as `send` does. If the first connection
 * could not be opened, sends the request once more at once.
 */
export async function retryRequest<Answer extends { readonly status: number }>(options: {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly send: () => Promise<Answer>;
  readonly passing: ReadonlySet<number>;
  /** Returns the pause before the next attempt, given the default one, or undefined to stop. */
  readonly pauseMs: (answer: Answer, defaultMs: number) => number | undefined;
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
