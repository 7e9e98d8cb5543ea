import { toPlainError } from '../../model/app-error.ts';
import type { Clock, Logger } from '../parts.ts';

/** The clock, whose timers cannot end the process: what one throws is logged. */
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
