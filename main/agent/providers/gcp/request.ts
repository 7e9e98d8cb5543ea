import { requestTries, retryRequest } from '../../async/request-retry.ts';
import type { Answer } from '../../network/network.ts';
import type { GcpParts } from './adc.ts';
import { refusalOf } from './errors.ts';

/** Quotas, and servers that are about to be replaced. */
const passing = new Set([429, 500, 502, 503, 504]);
/** Whoever is told to wait longer is better told to come back. */
const longestPauseMs = 10_000;

/** No GET below takes longer: each try has the network's own limit of 20 s. */
export const longestGetMs = requestTries * 20_000 + (requestTries - 1) * longestPauseMs;

/**
 * One GET of a Google API, tried again as long as there is hope, after the pause that Google asks for. The answer is
 * the last one, whatever it says. Rejects with `cancelled`, `timeout` or another network code.
 */
export function getPatiently(options: {
  readonly parts: Pick<GcpParts, 'network' | 'clock'>;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}): Promise<Answer> {
  const { parts, url, headers, signal } = options;
  return retryRequest({
    clock: parts.clock,
    send: () => parts.network.request(url, { headers, signal }),
    passing,
    pauseMs(answer, usualMs) {
      const pause = refusalOf(answer).retryDelayMs ?? usualMs;
      return pause > longestPauseMs ? undefined : pause;
    },
    signal,
  });
}
