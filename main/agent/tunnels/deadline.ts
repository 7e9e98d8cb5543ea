import type { Clock } from '../parts.ts';

/** Parts of the time, each of which a process that was held up takes again. */
const slices = 4;

export interface Deadline {
  /** Aborts when the time is up, or with the signal that was given. */
  readonly signal: AbortSignal;
  /** Whether the time is up. */
  hasPassed(): boolean;
  /** Ends it. The signal does not abort any more. */
  cancel(): void;
}

/**
 * Ends `work` after `ms` in which this process ran. A timer that comes late means that the computer slept or the process
 * was busy: what came in meanwhile is still to be read, so that at most a part of the time counts.
 */
export function startDeadline(clock: Clock, ms: number, signal: AbortSignal): Deadline {
  const controller = new AbortController();
  let left = slices;
  let hasPassed = false;
  let cancelTimer = () => {};
  const abort = () => {
    cancel();
    controller.abort(signal.reason);
  };
  const cancel = () => {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  };
  const wait = () => {
    cancelTimer = clock.timer(ms / slices, () => {
      left -= 1;
      if (left > 0) return wait();
      hasPassed = true;
      cancel();
      controller.abort(new DOMException('The time is up.', 'TimeoutError'));
    });
  };
  if (signal.aborted) controller.abort(signal.reason);
  else {
    signal.addEventListener('abort', abort, { once: true });
    wait();
  }
  return { signal: controller.signal, hasPassed: () => hasPassed, cancel };
}
