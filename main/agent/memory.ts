import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './parts.ts';

/** Connections that have ended linger for 5 s, and a spare one lives for 10 s. */
const quietMs = 15_000;

/**
 * Keeps V8's space for new objects at its first size, for the whole process. Under load V8 lets it grow to 16 MB a half
 * and then collects seldom; what sockets read stays in memory until then, 64 KiB for each read, outside of V8's heap.
 * Call it once, early.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Collects all garbage at once, which takes up to some tenths of a second. */
export function collectGarbage(): void {
  // The function is there in contexts that are made after the flag is set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

/** Returns memory when it is not needed any more: a process that has nothing to do never collects garbage by itself. */
export interface Memory {
  /** A tunnel has closed. Calling often is cheap. */
  tunnelClosed(): void;
  close(): void;
}

export function createMemory(options: {
  readonly clock: Clock;
  /** Whether a tunnel is open: a pause would be noticed then. */
  readonly isInUse: () => boolean;
  readonly collect: () => void;
}): Memory {
  const { clock, isInUse, collect } = options;
  let cancel: (() => void) | undefined;
  return {
    tunnelClosed() {
      cancel?.();
      cancel = clock.timer(quietMs, () => {
        if (!isInUse()) collect();
      });
    },
    close: () => cancel?.(),
  };
}
