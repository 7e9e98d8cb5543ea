import pLimit from 'p-limit';
import type { TunnelState } from '../../model/tunnel-state.ts';
import type { Clock } from '../parts.ts';

/**
 * How often a tunnel that is up is probed. Unwatched, less than the 30 s after which servers and load balancers begin to
 * close a connection that is silent: the open one is to stay open. 60 s are also the limit from a failure to its
 * notification, which waits 20 s for a network that comes back.
 */
const watchedMs = { least: 4_000, most: 5_000 } as const;
const unwatchedMs = { least: 18_000, most: 24_000 } as const;
/** Tunnels that were opened together are not to be probed together. */
const firstMs = { least: 2_000, most: 24_000 } as const;
/** One whose API server does not answer. */
const degradedMs = 4_500;
/** When somebody begins to look, all are probed within this time. */
const catchUpMs = 3_000;
/** The longest wait between two attempts to reconnect, while somebody looks. */
const watchedRetryMs = 5_000;
/** Timers of about the same time fire together: waking up costs more than the work. */
const fineMs = 500;
const coarseMs = 4_000;
/**
 * Probes that open a connection at a time: clients that come back after an outage go first. One that has to wait for the
 * network does not keep the others from trying.
 */
const atOnce = 32;
const turnMs = 300;

/** When the tunnels of one agent are probed: often while somebody looks, else seldom and several at a time. */
export interface Pace {
  /**
   * Calls `run` once, when a tunnel in this state is due, and returns a function that cancels it. A `first` wait follows
   * the opening, a `catch-up` that somebody begins to look.
   */
  next(state: TunnelState, turn: 'first' | 'usual' | 'catch-up', run: () => void): () => void;
  /** How long to wait before the next attempt to reconnect. */
  retryMs(backOffMs: number): number;
  /** Takes a turn among the probes that open a connection. Resolves and rejects as `work`. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Whether somebody looks at the states. */
  watch(isWatched: boolean): void;
}

export function createPace(clock: Clock, random: () => number = Math.random): Pace {
  const limit = pLimit(atOnce);
  const slots = new Map<number, { readonly runs: Set<() => void>; readonly cancel: () => void }>();
  let isWatched = false;

  const slotAt = (at: number) => {
    const runs = new Set<() => void>();
    const cancel = clock.timer(at - clock.now(), () => {
      slots.delete(at);
      for (const run of runs) run();
    });
    const slot = { runs, cancel };
    slots.set(at, slot);
    return slot;
  };
  /** At the next multiple of `grid`, with one timer for all that are due then. */
  const onGrid = (ms: number, grid: number, run: () => void): (() => void) => {
    const at = Math.ceil((clock.now() + ms) / grid) * grid;
    const slot = slots.get(at) ?? slotAt(at);
    slot.runs.add(run);
    return () => {
      slot.runs.delete(run);
      if (slot.runs.size > 0 || slots.get(at) !== slot) return;
      slot.cancel();
      slots.delete(at);
    };
  };
  const between = ({ least, most }: { readonly least: number; readonly most: number }) =>
    least + (most - least) * random();

  return {
    next(state, turn, run) {
      if (turn === 'catch-up') return onGrid(catchUpMs * random(), fineMs, run);
      if (state.status === 'reconnecting') return clock.timer(Math.max(0, state.nextAt - clock.now()), run);
      if (state.status === 'degraded') return onGrid(degradedMs, fineMs, run);
      if (isWatched) return onGrid(between(watchedMs), fineMs, run);
      return onGrid(between(turn === 'first' ? firstMs : unwatchedMs), coarseMs, run);
    },
    retryMs: (backOffMs) => (isWatched ? Math.min(backOffMs, watchedRetryMs) : backOffMs),
    inTurn: (work) =>
      new Promise((resolve, reject) => {
        void limit(async () => {
          const turn = new AbortController();
          const done = work().then(resolve, reject);
          await Promise.race([done, clock.sleep(turnMs, turn.signal).catch(() => {})]);
          turn.abort();
        });
      }),
    watch(now) {
      isWatched = now;
    },
  };
}
