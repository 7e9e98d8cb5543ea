import type { Clock } from '../../main/agent/parts.ts';
import { systemClock } from '../../main/agent/parts.ts';

/** The system's clock, which a test can put forward: timers that are due then fire at once, as after a sleep. */
export interface SkippingClock extends Clock {
  skip(ms: number): void;
  /** Timers that have neither fired nor been cancelled. */
  pending(): number;
}

/**
 * With `isStill`, no time passes but what a test puts it forward: for what is told by the exact time, which a busy computer
 * would shift.
 */
export function skippingClock({ isStill = false } = {}): SkippingClock {
  let ahead = 0;
  const begun = Date.now();
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  const now = () => (isStill ? begun : Date.now()) + ahead;
  const timer = (ms: number, run: () => void) => {
    const entry = {
      at: now() + ms,
      fire: () => {
        cancel();
        run();
      },
    };
    const cancelReal = isStill ? () => {} : systemClock.timer(ms, entry.fire);
    const cancel = () => {
      timers.delete(entry);
      cancelReal();
    };
    timers.add(entry);
    return cancel;
  };
  return {
    now,
    timer,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const cancel = timer(ms, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          reject(signal.reason);
        });
      }),
    skip(ms) {
      ahead += ms;
      for (const entry of [...timers]) if (entry.at <= now()) entry.fire();
    },
    pending: () => timers.size,
  };
}
