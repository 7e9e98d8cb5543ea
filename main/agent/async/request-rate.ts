import type { Clock } from '../parts.ts';

/** Limits the request rate to a service. */
export interface Pace {
  /** Resolves when the next request may be sent. Rejects with the signal's reason. */
  take(signal?: AbortSignal): Promise<void>;
  /** Delays all further requests for this long, because the service asked for it. */
  pause(ms: number): void;
}

/** Allows at most `requests` in any `windowMs`: a burst of that many is sent at once. */
export function createPace(options: {
  readonly clock: Clock;
  readonly requests: number;
  readonly windowMs: number;
}): Pace {
  const { clock, requests, windowMs } = options;
  /** When the last requests were sent or will be, oldest first. */
  const sent: number[] = [];
  let notBefore = 0;
  let last = 0;
  const now = () => {
    const at = clock.now();
    // A clock that was set back moves the recorded times with it: nobody waits for the hours between.
    const back = Math.max(0, last - at);
    if (back > 0) for (const index of sent.keys()) sent[index] = (sent[index] ?? 0) - back;
    notBefore -= back;
    last = at;
    return at;
  };
  return {
    async take(signal) {
      const from = now();
      const [oldest = 0] = sent;
      const at = Math.max(from, notBefore, sent.length < requests ? 0 : oldest + windowMs);
      sent.push(at);
      if (sent.length > requests) sent.shift();
      if (at > from) await clock.sleep(at - from, signal);
    },
    pause(ms) {
      notBefore = Math.max(now() + ms, notBefore);
    },
  };
}
