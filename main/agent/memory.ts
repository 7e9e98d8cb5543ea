import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './parts.ts';
import type { State } from './state/state.ts';

/** Closed connections linger for 5 s, and a spare one lives for 10 s. */
const quietMs = 15_000;

/**
 * Keeps V8's young generation at its initial size, for the whole process. Under load V8 lets it grow to 16 MB per half
 * and then collects seldom. The buffers of socket reads, 64 KiB each and outside V8's heap, stay in memory until then.
 * One thread collects so little as fast as several, without waking them and waiting for them. Call it once, early.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
}

/** Collects all garbage synchronously, which takes up to a few tenths of a second. */
export function collectGarbage(): void {
  // Repeats until nothing more is found, and compacts what is left: a single collection leaves pages that are half empty.
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** Collects garbage once, synchronously: finalizers run in the next turns of the event loop. */
export function collectOnce(): void {
  collector()();
}

function collector(): (how?: object) => void {
  // The function exists only in contexts created after the flag is set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how?: object) => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

/** Returns unneeded memory to the system: an idle process never collects garbage on its own. */
export interface Memory {
  /** Call it when a tunnel has closed or a discovery has ended. Frequent calls are cheap. */
  workEnded(): void;
  close(): void;
}

/** Creates it, and calls it when a tunnel has closed or the clusters were read. */
export function followMemory(
  options: Parameters<typeof createMemory>[0] & { readonly state: Pick<State, 'subscribe'> },
): Memory {
  const memory = createMemory(options);
  options.state.subscribe((change) => {
    const isClosed = change.kind === 'tunnel' && change.tunnel.state.status === 'idle';
    const hasRead = change.kind === 'set' && change.values.discovery?.status === 'idle';
    if (isClosed || hasRead) memory.workEnded();
  });
  return memory;
}

export function createMemory(options: {
  readonly clock: Clock;
  /** Returns whether a tunnel is open: a pause would be noticed then. */
  readonly isInUse: () => boolean;
  readonly collect: () => void;
}): Memory {
  const { clock, isInUse, collect } = options;
  let cancel: (() => void) | undefined;
  return {
    workEnded() {
      cancel?.();
      cancel = clock.timer(quietMs, () => {
        if (!isInUse()) collect();
      });
    },
    close: () => cancel?.(),
  };
}
