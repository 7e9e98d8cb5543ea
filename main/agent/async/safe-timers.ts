import { toPlainError } from '../../model/app-error.ts';
import type { Clock, Logger } from '../parts.ts';

/** Wraps a clock so that its timers cannot end the process: logs what one throws. */
export function withSafeTimers(clock: Clock, logger: Logger): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    timer: (ms, run) =>
      clock.timer(ms, () => {
        try {
          run();
        } catch (error) {
          logger.error('A timer failed', { error: toPlainError(error) });
        }
      }),
  };
}
