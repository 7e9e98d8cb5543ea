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

/** Busy clients end many connections: that alone is no reason to probe more often than this. */
const troubleEveryMs = 1_000;
/**
 * Of a tunnel that is up it is known how long a connection takes. One that takes this many times longer has failed; a
 * client's is looked into earlier. Never below the least time.
 */
const failedAfter = { times: 4, leastMs: 1_500 } as const;
const slowAfter = { times: 2, leastMs: 500 } as const;
/**
 * Over a kept connection no token is needed. It is renewed, and the end of its session noticed, this often, since that
 * reads files; a client that connects needs one at once.
 */
const prepareEveryMs = 300_000;

/** How a tunnel is opened: whether a browser may be, and whether a first failure that may pass is retried. */
interface How {
  readonly interactive: boolean;
  readonly persist: boolean;
}

/** The loop that probes one tunnel, and so decides its state. */
export interface ProbeLoop {
  /** Probes until the signal aborts or a failure ends it: the state says which. */
  run(signal: AbortSignal, how: How): Promise<void>;
  /** Forgets what failed before: the tunnel is opened. */
  reset(): void;
  /** Probes now, over a new connection. */
  again(): void;
  /** As `again`, where the loop waits for its next turn; a probe that runs is begun again, because the network changed. */
  wake(): void;
  /** Somebody begins to look. */
  catchUp(): void;
  /** Closes the connection of the last probe. */
  discard(): void;
  /** Ends what is to look soon. */
  cancel(): void;
  /** How many probes in a row have failed. */
  attempts(): number;
  /** How long a client's connection may take before that is trouble. */
  slowMs(): number;
  /**
   * A connection broke or just ended, which may be the edge gone: looks soon. Only for a tunnel that is up: one that is
   * being reconnected has its own pace, whatever kubectl tries meanwhile.
   */
  onTrouble(): void;
  /** A new connection failed, or takes too long: that old ones live says nothing of it. */
  onDialTrouble(): void;
  /** A client got through. A probe that waits for its turn, or still for the network that was, begins again. */
  onReached(): void;
  /** A connection carried something: what failed before is over. */
  onServed(): void;
}

export function createProbeLoop(options: {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly way: () => Way;
  readonly state: () => TunnelState;
  readonly apply: (event: TunnelEvent) => void;
  readonly dial: (signal: AbortSignal, passed: Passed, limitMs: number) => Promise<Duplex>;
  /** Listens on the port, before anything is dialed. */
  readonly standBy: () => Promise<void>;
  /** A probe has ended, and the loop goes on. */
  readonly onProbed: () => void;
}): ProbeLoop {
  const { clock, pace, way, state, apply, dial, standBy, onProbed } = options;
  let attempts = 0;
  let probedAt = 0;
  let preparedAt = Number.NEGATIVE_INFINITY;
  /** The next probe is to use a new connection. */
  let isFreshWanted = false;
  /** What the probe that runs finds is old already: another follows at once. */
  let isAgainWanted = false;
  /** The probe that runs, to be begun again when it turns out that it looks at what is past. */
  let probing: AbortController | undefined;
  /** It was begun again already: it looks at the network that is. */
  let isBegunAgain = false;
  let cancelLook: (() => void) | undefined;
  let pausing: Pause | undefined;

  /** How long a connection may take, by how long the last one took. */
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
  /** Probes at once, but no more often than clients can be trusted to bring news. */
  const lookSoon = () => {
    const waitsMs = probedAt + troubleEveryMs - clock.now();
    // A clock that was set back must not hold it up.
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

  /** Sees to a token; a client that connects needs one at once. */
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

  /** A failed try. True when the loop is to go on. */
  const failed = (failure: ReturnType<typeof failureFrom>, persist: boolean): boolean => {
    attempts += 1;
    const at = clock.now();
    const retryAt = at + pace.retryMs(backOffMs(attempts));
    apply({ kind: 'probe-failed', at, failure, attempt: attempts, retryAt, persist });
    return state().status !== 'failed';
  };

  /** One try. True when the loop is to go on. */
  const step = async (signal: AbortSignal, how: How): Promise<boolean> => {
    const isFresh = isFreshWanted;
    isFreshWanted = false;
    isAgainWanted = false;
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
    if (!result.ok) return attempt.signal.aborted ? step(signal, how) : failed(result.failure, how.persist);
    const before = state();
    if (before.status === 'connected' && clock.now() - before.since > backOffGraceMs) attempts = 0;
    apply({ kind: 'probe-passed', at: clock.now(), probe: result.probe });
    return true;
  };

  return {
    async run(signal, how) {
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        // Only the person's own request may open a browser; what follows by itself never does.
        const goesOn = await step(signal, {
          interactive: isFirst && how.interactive,
          persist: how.persist || !isFirst,
        });
        // Who waits for the first try is told of a failure when the loop has ended: opening again must find it so.
        if (!goesOn || signal.aborted) return;
        onProbed();
        if (isAgainWanted) continue;
        pausing = startPause({ pace, state, turn: isFirst ? 'first' : 'usual', signal });
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
      // One that runs goes over the network that was.
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
