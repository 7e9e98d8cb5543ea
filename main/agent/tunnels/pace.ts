import pLimit from 'p-limit';
import type { TunnelState } from '../../model/tunnel-state.ts';
import type { Clock } from '../parts.ts';

/**
 * How often to probe a tunnel that is up. The unwatched interval stays below the 30 s after which servers and load
 * balancers begin to close a silent connection, to keep the open one open. It is hardly shorter, because each answer wakes
 * the computer. Failure to notification must also take at most 60 s, of which 20 s wait for a network that comes back.
 */
const watchedMs = { least: 4_000, most: 5_000 } as const;
const unwatchedMs = 28_000;
/**
 * The average time between the probes of many tunnels while a window is visible, because each result is drawn, too. Each
 * tunnel is probed after `most` at the latest.
 */
const watchedApart = { ms: 200, most: 10_000 } as const;
/** The share of probes that come one slot earlier: tunnels that were probed together do not stay together. */
const earlier = 0.25;
/** Spreads the first probes of tunnels that were opened, or came back, together. */
const firstMs = { least: 6_000, most: unwatchedMs } as const;
/** The interval for a tunnel whose API server does not answer. */
const degradedMs = 4_500;
/** When a window becomes visible, all tunnels are probed within this time. */
const catchUpMs = 3_000;
/** The longest wait between two attempts to reconnect while a window is visible. */
const watchedRetryMs = 5_000;
/** When one tunnel comes back, the others that could not reach the edge try within this time… */
const recoveredMs = 300;
/** …but not sooner than this after their last attempt: each may have a cause of its own. */
const leastRetryMs = 500;
/** Timers due at about the same time fire together: waking up costs more than the work. */
const fineMs = 500;
const watchedGridMs = 2_000;
const coarseMs = 4_000;
/**
 * The number of probes that may open a connection at a time: clients that reconnect after an outage go first. A probe
 * that has to wait for the network does not stop the others from trying.
 */
const atOnce = 32;
const turnMs = 300;

/**
 * Decides when the tunnels of one agent are probed: often while a window is visible, else seldom and several at a time.
 */
export interface Pace {
  /**
   * Calls `run` once, when a tunnel in this state is due, and returns a function that cancels it. A `first` wait
   * follows the opening or a reconnect, a `catch-up` follows a window that becomes visible.
   */
  next(state: TunnelState, turn: 'first' | 'regular' | 'catch-up', run: () => void): () => void;
  /**
   * A tunnel that could not reach the edge has reached it: those that wait for the same try soon, however long they would
   * wait.
   */
  recovered(): void;
  /** Returns how long to wait before the next attempt to reconnect, ms. */
  retryMs(backOffMs: number): number;
  /** Runs `work` in turn among the probes that open a connection. Resolves and rejects as `work` does. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Sets whether a window that shows the states is visible. */
  watch(isWatched: boolean): void;
}

export function createPace(clock: Clock, random: () => number = Math.random): Pace {
  const limit = pLimit(atOnce);
  const slots = new Map<number, { readonly runs: Set<() => void>; readonly cancel: () => void }>();
  /** The tunnels that wait to reach the edge again, with what makes each try earlier. */
  const away = new Set<() => void>();
  let isWatched = false;

  /** Runs at `at`, or soon after another tunnel has reached the edge. */
  const onceBack = (at: number, run: () => void): (() => void) => {
    const since = clock.now();
    let cancelTimer = () => {};
    const cancel = () => {
      away.delete(hasten);
      cancelTimer();
    };
    const wait = (until: number) => {
      cancelTimer = clock.timer(Math.max(0, until - clock.now()), () => {
        away.delete(hasten);
        run();
      });
    };
    const hasten = () => {
      cancel();
      const soon = Math.max(clock.now(), since + leastRetryMs) + recoveredMs * random();
      wait(Math.min(at, soon));
    };
    away.add(hasten);
    wait(at);
    return cancel;
  };

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
  /** Runs at the next multiple of `grid`, with one timer for everything that is due then. */
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
  const waiting = () => [...slots.values()].reduce((sum, { runs }) => sum + runs.size, 0);
  const between = ({ least, most }: { readonly least: number; readonly most: number }) =>
    least + (most - least) * random();

  return {
    next(state, turn, run) {
      if (turn === 'catch-up') return onGrid(catchUpMs * random(), fineMs, run);
      if (state.status === 'reconnecting') {
        if (state.failure.stage === 'edge') return onceBack(state.nextAt, run);
        return clock.timer(Math.max(0, state.nextAt - clock.now()), run);
      }
      if (state.status === 'degraded') return onGrid(degradedMs, fineMs, run);
      if (isWatched) {
        const apartMs = Math.min(watchedApart.most, waiting() * watchedApart.ms);
        // Rounded up by the grid: between the two on average.
        return onGrid(Math.max(between(watchedMs), apartMs) - watchedGridMs / 2, watchedGridMs, run);
      }
      const regularMs = unwatchedMs - (random() < earlier ? coarseMs : 0);
      // Rounded up by the grid, so at most that.
      return onGrid((turn === 'first' ? between(firstMs) : regularMs) - coarseMs + 1, coarseMs, run);
    },
    recovered() {
      for (const hasten of [...away]) hasten();
    },
    retryMs: (backOffMs) => (isWatched ? Math.min(backOffMs, watchedRetryMs) : backOffMs),
    inTurn: (work) =>
      new Promise((resolve, reject) => {
        void limit(async () => {
          const over = Promise.withResolvers<void>();
          const cancel = clock.timer(turnMs, over.resolve);
          const done = work().then(resolve, reject);
          await Promise.race([done, over.promise]);
          cancel();
        });
      }),
    watch(now) {
      isWatched = now;
    },
  };
}
