import { requestTries, retryRequest } from '../../async/request-retry.ts';
import type { Answer } from '../../network/network.ts';
import type { GcpParts } from './adc.ts';
import { refusalOf } from './errors.ts';

/** Quotas, and servers that are being replaced. */
const passing = new Set([429, 500, 502, 503, 504]);
/** The longest pause. If Google asks for more, give up and let a later run try again. */
const longestPauseMs = 10_000;

/** The upper limit for a GET below: each attempt has the network's own limit of 20 s. */
export const longestGetMs = requestTries * 20_000 + (requestTries - 1) * longestPauseMs;

/**
 * Sends one GET to a Google API and retries transient failures after the pause that Google asks for. Returns the last
 * answer, whatever its status. Rejects with `cancelled`, `timeout` or another network code.
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
    pauseMs(answer, defaultMs) {
      const pause = refusalOf(answer).retryDelayMs ?? defaultMs;
      return pause > longestPauseMs ? undefined : pause;
    },
    signal,
  });
}
