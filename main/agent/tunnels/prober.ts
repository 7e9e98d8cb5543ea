import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';
import { type ApiServer, askReady } from './api-connection.ts';
import type { Passed } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { failureFrom } from './failure.ts';
import { type OpenLine, type ProbeResult, probeOf, roundMs, runProbe } from './probe.ts';

/** How long the kept connection may stay silent, at least: then a new one is asked. */
const leastSilenceMs = 2_500;
/** How many times longer than the last answer the next one may take. */
const slowness = 4;
/** An API server that closes so many in a row before their second use is one that keeps none… */
const closedInARow = 2;
/** …for this long. */
const keepsNoneMs = 10 * 60_000;

/**
 * Probes one tunnel, and keeps the connection of the last probe for the next one: an idle tunnel then costs the edge one
 * connection, not one for each probe, and tells at once when that breaks.
 */
export interface Prober {
  /**
   * Asks over the kept connection. Where there is none, or nothing comes back on it, or `isFresh`, over a new one, as a
   * client would make it, within `limitMs` for its dial and as much for the answer. Never rejects.
   */
  probe(options: {
    readonly signal: AbortSignal;
    readonly isFresh: boolean;
    readonly limitMs: number;
  }): Promise<ProbeResult>;
  /** Closes the kept connection. */
  discard(): void;
}

export function createProber(options: {
  readonly clock: Clock;
  readonly server: () => ApiServer;
  readonly dial: (signal: AbortSignal, passed: Passed, limitMs: number) => Promise<Duplex>;
  /** Takes a turn among those that open a connection. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** The other side closed the kept connection. */
  readonly onLost: () => void;
}): Prober {
  const { clock, server, dial, inTurn, onLost } = options;
  let line: (OpenLine & { answerMs: number; readonly drop: () => void }) | undefined;
  /** A question that runs finds out by itself that the connection ends. */
  let isAsking = false;
  let isUsedAgain = false;
  let closedUnused = 0;
  let keepsNoneSince = Number.NEGATIVE_INFINITY;

  const discard = () => {
    line?.drop();
    line = undefined;
  };

  const lost = () => {
    discard();
    closedUnused = isUsedAgain ? 0 : closedUnused + 1;
    if (closedUnused >= closedInARow) {
      closedUnused = 0;
      keepsNoneSince = clock.now();
    }
    onLost();
  };

  const keep = (opened: OpenLine) => {
    discard();
    const { stream, secure } = opened;
    if (isOver(stream) || isOver(secure)) {
      secure.destroy();
      stream.destroy();
      return;
    }
    const signs = [
      [stream, 'dropped'],
      [stream, 'close'],
      [secure, 'end'],
      [secure, 'close'],
    ] as const;
    const onSign = () => {
      if (line?.secure === secure && !isAsking) lost();
    };
    for (const [emitter, sign] of signs) emitter.on(sign, onSign);
    line = {
      ...opened,
      drop() {
        for (const [emitter, sign] of signs) emitter.off(sign, onSign);
        secure.destroy();
        stream.destroy();
      },
    };
    isUsedAgain = false;
    // The end of a stream that nobody reads would not be seen.
    secure.resume();
  };

  /** Undefined where nothing came back: that says of the connection that it is dead, and nothing yet of the cluster. */
  const askLine = async (signal: AbortSignal): Promise<ProbeResult | undefined> => {
    if (line === undefined) return undefined;
    const { secure, stages, answerMs } = line;
    const at = clock.now();
    const start = performance.now();
    const limitMs = Math.max(leastSilenceMs, slowness * answerMs);
    const limit = startDeadline(clock, limitMs, signal);
    isAsking = true;
    try {
      const ready = await askReady({ secure, server: server(), signal: limit.signal, limitMs, keep: true });
      isUsedAgain = true;
      const ms = roundMs(performance.now() - start);
      if (!ready.isKept || isOver(secure)) discard();
      else if (line !== undefined) line.answerMs = ms;
      return ready.failure === undefined
        ? { ok: true, probe: probeOf(at, [...stages, { stage: 'readyz', ms }]) }
        : { ok: false, failure: failureFrom(ready.failure, 'readyz') };
    } catch (error) {
      discard();
      return signal.aborted ? { ok: false, failure: failureFrom(error, 'readyz') } : undefined;
    } finally {
      isAsking = false;
      limit.cancel();
    }
  };

  return {
    async probe({ signal, isFresh, limitMs }) {
      const answer = isFresh ? undefined : await askLine(signal);
      if (answer !== undefined) return answer;
      discard();
      return inTurn(() =>
        runProbe({
          clock,
          server: server(),
          dial: (dialSignal, passed) => dial(dialSignal, passed, limitMs),
          signal,
          limitMs,
          ...(Math.abs(clock.now() - keepsNoneSince) < keepsNoneMs ? {} : { keep }),
        }),
      );
    },
    discard,
  };
}

/** Closed with the answer, or right after it. */
function isOver(stream: Duplex): boolean {
  return stream.destroyed || stream.readableEnded;
}
