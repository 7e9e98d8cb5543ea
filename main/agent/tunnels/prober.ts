import type { Duplex } from 'node:stream';
import type { Clock } from '../parts.ts';
import { type ApiServer, askReady } from './api-connection.ts';
import type { Passed } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { failureFrom } from './failure.ts';
import { type OpenLine, type ProbeResult, probeOf, roundMs, runProbe } from './probe.ts';

/** The least time that the kept connection may stay silent before a new one is used. */
const leastSilenceMs = 2_500;
/** How many times longer than the last answer the next one may take. */
const slowness = 4;
/** An API server that closes this many connections in a row before their second use counts as one that keeps none… */
const closedInARow = 2;
/** …for this long. */
const keepsNoneMs = 10 * 60_000;

/**
 * Probes one tunnel, and keeps the connection of the last probe open for the next one. An idle tunnel then costs the
 * edge one connection instead of one for each probe, and a break is seen at once.
 */
export interface Prober {
  /**
   * Probes over the kept connection. Uses a new one, as a client would open it, if there is none, if it does not
   * answer, or if `isFresh`. `limitMs` limits the dial, and again the answer. Never rejects.
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
  /** Runs `work` in turn among the probes that open a connection. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called when the far end closed the kept connection. */
  readonly onLost: () => void;
}): Prober {
  const { clock, server, dial, inTurn, onLost } = options;
  let line: (OpenLine & { answerMs: number; readonly drop: () => void }) | undefined;
  /** True while a request runs, which notices the end of the connection itself. */
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
    // Read from it: the end of a stream that nobody reads would not be seen.
    secure.resume();
  };

  /** Resolves with undefined if nothing came back: the connection is dead, which says nothing about the cluster yet. */
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

/** Returns true if the connection closes with the answer, or right after it. */
function isOver(stream: Duplex): boolean {
  return stream.destroyed || stream.readableEnded;
}
