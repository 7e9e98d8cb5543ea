/**
 * Returns how long to wait before the n-th attempt in a row (from 1): doubled from a quarter second, capped, with
 * jitter.
 */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  const firstMs = 250;
  const capMs = 30_000;
  const whole = Math.min(capMs, firstMs * 2 ** (attempt - 1));
  // Wait at least half of it: many tunnels that failed together must not reconnect together.
  return Math.round(whole / 2 + (whole / 2) * random());
}

/** A connection must be up for this long before the count of failures is reset. */
export const backOffGraceMs = 30_000;
