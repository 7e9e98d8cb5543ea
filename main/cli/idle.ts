import type { Clock } from '../agent/parts.ts';

/** Resolves once `isBusy` has answered false for `ms` on end. */
export function whenIdle(options: {
  readonly clock: Clock;
  readonly ms: number;
  isBusy(): boolean;
}): Promise<void> {
  const { clock, ms, isBusy } = options;
  const everyMs = Math.min(ms / 4, 60_000);
  let busyAt = clock.now();
  return new Promise((resolve) => {
    const look = () => {
      const now = clock.now();
      if (isBusy()) busyAt = now;
      if (now - busyAt >= ms) resolve();
      else clock.timer(everyMs, look);
    };
    look();
  });
}
