import type { Clock } from '../parts.ts';

/** The time is counted in this many parts. A process that was held up repeats only the current part. */
const slices = 4;

export interface Deadline {
  /** Aborts when the time is up, or together with the given signal. */
  readonly signal: AbortSignal;
  /** Returns true if the time is up. */
  hasPassed(): boolean;
  /** Cancels the deadline. The signal no longer aborts. */
  cancel(): void;
}

/**
 * Ends `work` after `ms` in which this process ran. A late timer means that the computer slept or the process was busy:
 * what arrived meanwhile has not been read yet, so only part of that time counts.
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
