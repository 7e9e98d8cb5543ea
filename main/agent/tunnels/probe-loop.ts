import type { Duplex } from 'node:stream';
import type { TunnelState } from '../../model/tunnel-state.ts';
import type { Clock } from '../parts.ts';
import { backOffGraceMs, backOffMs } from './back-off.ts';
import type { Passed } from './connector.ts';
import { failureFrom } from './failure.ts';
import type { TunnelEvent } from './next-state.ts';
import type { Pace } from './pace.ts';
import { type Pause, startPause } from './pause.ts';
import { createProber } from './prober.ts';
import { dialTimeoutMs, type Way } from './way.ts';

/** Busy clients close many connections. Do not probe more often than this because of them. */
const troubleEveryMs = 1_000;
/**
 * How long a connection may take is relative to the last one: a probe that takes this many times longer has failed, and
 * a client's connection is checked earlier. Never below the least time.
 */
const failedAfter = { times: 4, leastMs: 1_500 } as const;
const slowAfter = { times: 2, leastMs: 500 } as const;
/**
 * A kept connection needs no token. Renew the token, and notice the end of its session, only this often, because that
 * reads files. A client that connects needs a token at once.
 */
const prepareEveryMs = 300_000;

/** How to open a tunnel: may it open a browser, and does it retry a first failure that may be temporary. */
interface How {
  readonly interactive: boolean;
  readonly persist: boolean;
}

/** Probes one tunnel in a loop, and so decides its state. */
export interface ProbeLoop {
  /** Probes until the signal aborts or a failure ends the loop. The state says which. */
  run(signal: AbortSignal, how: How): Promise<void>;
  /** Clears earlier failures: the tunnel is being opened. */
  reset(): void;
  /** Probes now, over a new connection. */
  again(): void;
  /** As `again` while the loop waits for its next turn. Restarts a running probe, because the network changed. */
  wake(): void;
  /** A window became visible. */
  catchUp(): void;
  /** Closes the connection of the last probe. */
  discard(): void;
  /** Cancels a probe that `onTrouble` scheduled. */
  cancel(): void;
  /** Returns how many probes in a row have failed. */
  attempts(): number;
  /** Returns how long a client's connection may take before it counts as trouble, ms. */
  slowMs(): number;
  /**
   * A connection broke or ended, perhaps because the edge is gone: probes soon. Applies only to a tunnel that is up:
   * one that reconnects keeps its own pace, whatever kubectl tries meanwhile.
   */
  onTrouble(): void;
  /** A new connection failed, or takes too long. Connections that are still open prove nothing about it. */
  onDialTrouble(): void;
  /**
   * A client's connection was opened. A probe that waits for its turn, or was started on the previous network, starts
   * again.
   */
  onReached(): void;
  /** A connection transferred data: earlier failures no longer count. */
  onServed(): void;
}

export function createProbeLoop(options: {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly way: () => Way;
  readonly state: () => TunnelState;
  readonly apply: (event: TunnelEvent) => void;
  readonly dial: (signal: AbortSignal, passed: Passed, limitMs: number) => Promise<Duplex>;
  /** Listens on the port before anything is dialed. */
  readonly standBy: () => Promise<void>;
  /** A probe has ended, and the loop continues. */
  readonly onProbed: () => void;
}): ProbeLoop {
  const { clock, pace, way, state, apply, dial, standBy, onProbed } = options;
  let attempts = 0;
  let probedAt = 0;
  let preparedAt = Number.NEGATIVE_INFINITY;
  /** True if the next probe must use a new connection. */
  let isFreshWanted = false;
  /** True if the result of the running probe is outdated already: another probe follows at once. */
  let isAgainWanted = false;
  /** True if the last probe ended a reconnect. */
  let isBack = false;
  /** Aborts the running probe, to restart it if its result would be outdated. */
  let probing: AbortController | undefined;
  /** True if the running probe was restarted already, on the current network. */
  let isBegunAgain = false;
  let cancelLook: (() => void) | undefined;
  let pausing: Pause | undefined;

  /** Returns how long a connection may take, from the time that the last one took. */
  const limitMs = ({ times, leastMs }: { readonly times: number; readonly leastMs: number }) => {
    const now = state();
    return now.status === 'connected'
      ? Math.min(dialTimeoutMs, Math.max(leastMs, times * now.probe.totalMs))
      : dialTimeoutMs;
  };

  const lookNow = () => {
    if (pausing === undefined) isAgainWanted = true;
    else pausing.wakeUp();
  };
  /** Probes at once, but limits how often clients can trigger it. */
  const lookSoon = () => {
    const waitsMs = probedAt + troubleEveryMs - clock.now();
    // A clock that was set back must not delay it.
    cancelLook ??= clock.timer(Math.min(Math.max(0, waitsMs), troubleEveryMs), () => {
      cancelLook = undefined;
      lookNow();
    });
  };

  const onTrouble = () => {
    const { status } = state();
    if (status === 'connected' || status === 'degraded') lookSoon();
  };
  const onReached = () => {
    const { status } = state();
    if (status !== 'reconnecting' && status !== 'degraded') return;
    if (probing !== undefined && !isBegunAgain && clock.now() > probedAt + troubleEveryMs) {
      isBegunAgain = true;
      probing.abort();
    } else lookSoon();
  };

  const prober = createProber({
    clock,
    server: () => way().server,
    dial,
    inTurn: pace.inTurn,
    onLost: onTrouble,
  });

  /** Makes sure that there is a token: a client that connects needs one at once. */
  const prepare = async (signal: AbortSignal, interactive: boolean, isFresh: boolean): Promise<void> => {
    const isDue = Math.abs(probedAt - preparedAt) >= prepareEveryMs;
    if (!isFresh && !isDue && state().status === 'connected') return;
    await way().connector.prepare({
      interactive,
      signal,
      onLogin: () => apply({ kind: 'login-started', at: clock.now() }),
    });
    preparedAt = clock.now();
  };

  /** Handles a failed attempt. Returns true if the loop continues. */
  const failed = (failure: ReturnType<typeof failureFrom>, persist: boolean): boolean => {
    attempts += 1;
    const at = clock.now();
    const retryAt = at + pace.retryMs(backOffMs(attempts));
    apply({ kind: 'probe-failed', at, failure, attempt: attempts, retryAt, persist });
    return state().status !== 'failed';
  };

  /** Makes one attempt. Resolves with true if the loop continues. */
  const step = async (signal: AbortSignal, how: How, isSecond = false): Promise<boolean> => {
    const isFresh = isFreshWanted || isSecond;
    isFreshWanted = false;
    isAgainWanted = false;
    isBack = false;
    probedAt = clock.now();
    try {
      await standBy();
      await prepare(signal, how.interactive, isFresh);
    } catch (error) {
      return signal.aborted ? false : failed(failureFrom(error, 'edge'), how.persist);
    }
    apply({ kind: 'login-finished', at: clock.now() });
    probedAt = clock.now();
    const attempt = new AbortController();
    probing = attempt;
    const end = () => attempt.abort();
    signal.addEventListener('abort', end, { once: true });
    const result = await prober.probe({ signal: attempt.signal, isFresh, limitMs: limitMs(failedAfter) });
    signal.removeEventListener('abort', end);
    probing = undefined;
    if (!attempt.signal.aborted) isBegunAgain = false;
    if (signal.aborted) return false;
    if (!result.ok && attempt.signal.aborted) return step(signal, how);
    // The edge refused the stored token: the user who asked for the tunnel signs in now, not at another request.
    if (!result.ok && how.interactive && !isSecond && result.failure.error.code === 'access-login-needed')
      return step(signal, how, true);
    if (!result.ok) return failed(result.failure, how.persist);
    const before = state();
    if (before.status === 'connected' && clock.now() - before.since > backOffGraceMs) attempts = 0;
    apply({ kind: 'probe-passed', at: clock.now(), probe: result.probe });
    isBack = before.status === 'reconnecting';
    if (isBack) pace.recovered();
    return true;
  };

  return {
    async run(signal, how) {
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        // Only the user's own request may open a browser. Retries never do.
        const goesOn = await step(signal, {
          interactive: isFirst && how.interactive,
          persist: how.persist || !isFirst,
        });
        // Report a failure of the first attempt only when the loop has ended, so that a new opening finds it ended.
        if (!goesOn || signal.aborted) return;
        onProbed();
        if (isAgainWanted) continue;
        pausing = startPause({ pace, state, turn: isFirst || isBack ? 'first' : 'regular', signal });
        await pausing.done;
        pausing = undefined;
      }
    },
    reset() {
      attempts = 0;
      preparedAt = Number.NEGATIVE_INFINITY;
    },
    again() {
      isFreshWanted = true;
      pausing?.wakeUp();
    },
    wake() {
      prober.discard();
      isFreshWanted = true;
      lookNow();
      // A running probe uses the previous network.
      probing?.abort();
    },
    catchUp: () => pausing?.catchUp(),
    discard: prober.discard,
    cancel() {
      cancelLook?.();
      cancelLook = undefined;
    },
    attempts: () => attempts,
    slowMs: () => limitMs(slowAfter),
    onTrouble,
    onDialTrouble() {
      isFreshWanted = true;
      onTrouble();
    },
    onReached,
    onServed() {
      attempts = 0;
      onReached();
    },
  };
}
