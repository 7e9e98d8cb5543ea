/** How long to wait before the n-th try in a row (from 1): doubled from a quarter second, capped, with jitter. */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  const firstMs = 250;
  const capMs = 30_000;
  const whole = Math.min(capMs, firstMs * 2 ** (attempt - 1));
  // Half of it at least: many tunnels that fell together must not come back together.
  return Math.round(whole / 2 + (whole / 2) * random());
}

/** A connection must have stood this long before the count of failures starts anew. */
export const backOffGraceMs = 30_000;
