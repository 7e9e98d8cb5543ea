import { AppError } from '../../../model/app-error.ts';
import type { Answer } from '../../network/network.ts';
import type { GcpPlaces } from './adc.ts';
import { refusalOf } from './errors.ts';

const tries = 4;
/** Quotas, and servers that are about to be replaced. */
const passing = new Set([429, 500, 502, 503, 504]);
/** Whoever is told to wait longer is better told to come back. */
const longestPauseMs = 10_000;

/** No GET below takes longer: each try has the network's own limit of 20 s. */
export const longestGetMs = tries * 20_000 + (tries - 1) * longestPauseMs;

/**
 * One GET of a Google API, tried again as long as there is hope, after the pause that Google asks for. The answer is
 * the last one, whatever it says. Rejects with `cancelled`, `timeout` or another network code.
 */
export async function getPatiently(options: {
  readonly places: Pick<GcpPlaces, 'network' | 'clock'>;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}): Promise<Answer> {
  const { places, url, headers, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    let answer: Answer;
    try {
      answer = await places.network.request(url, { headers, signal });
    } catch (error) {
      // A kept connection may have been closed just as it was used again.
      if (attempt === 1 && error instanceof AppError && error.code === 'network-unreachable') continue;
      throw error;
    }
    if (attempt === tries || !passing.has(answer.status)) return answer;
    const pause = refusalOf(answer).retryDelayMs ?? 200 * 2 ** attempt * (0.5 + Math.random() / 2);
    if (pause > longestPauseMs) return answer;
    await places.clock.sleep(pause, signal);
  }
}
