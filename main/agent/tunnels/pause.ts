import type { TunnelState } from '../../model/tunnel-state.ts';
import type { Pace } from './pace.ts';

/** A tunnel's wait for its next probe. */
export interface Pause {
  /** Resolves when the probe is due, or when the signal aborts. */
  readonly done: Promise<void>;
  /** Ends the wait now. */
  wakeUp(): void;
  /** A window became visible: end the wait soon. */
  catchUp(): void;
}

export function startPause(options: {
  readonly pace: Pick<Pace, 'next'>;
  readonly state: () => TunnelState;
  /** A `first` wait follows the opening. */
  readonly turn: 'first' | 'regular';
  readonly signal: AbortSignal;
}): Pause {
  const { pace, state, turn, signal } = options;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const wakeUp = () => {
    isOver = true;
    cancel();
    signal.removeEventListener('abort', wakeUp);
    resolve();
  };
  let cancel = pace.next(state(), turn, wakeUp);
  signal.addEventListener('abort', wakeUp, { once: true });
  if (signal.aborted) wakeUp();
  return {
    done,
    wakeUp,
    catchUp() {
      if (isOver) return;
      cancel();
      cancel = pace.next(state(), 'catch-up', wakeUp);
    },
  };
}
