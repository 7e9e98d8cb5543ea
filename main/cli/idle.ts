import type { Clock } from '../agent/parts.ts';

/** Resolves when `isBusy` has returned false for `ms` without interruption. */
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
