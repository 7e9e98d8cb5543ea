import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { type Failure, type Probe, type Stage, stageSchema } from '../../model/tunnel-state.ts';
import type { Clock } from '../parts.ts';
import { type ApiServer, askReady, secureStream } from './api-connection.ts';
import type { Passed } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { failureFrom } from './failure.ts';

/** The default time limit for TLS and the API server's answer. */
const defaultLimitMs = 8_000;

export type ProbeResult =
  | { readonly ok: true; readonly probe: Probe }
  | { readonly ok: false; readonly failure: Failure };

/** An open connection over which an API server has answered. */
export interface OpenLine {
  readonly stream: Duplex;
  readonly secure: tls.TLSSocket;
  /** The stages that opened it. */
  readonly stages: Probe['stages'];
  /** The time that the answer took, ms. */
  readonly answerMs: number;
}

/**
 * Follows the whole path of a kubectl request, and returns the latency of each stage or the stage that failed: edge
 * (TCP and TLS), Access (the upgrade), origin (SOCKS), TLS to the API server, GET /readyz.
 * Never rejects. Closes the connection, unless the API server leaves it open and `keep` takes it.
 */
export async function runProbe(options: {
  readonly clock: Clock;
  readonly server: ApiServer;
  /** Opens a connection as the gateway does, and reports the stages that passed. */
  readonly dial: (signal: AbortSignal, passed: Passed) => Promise<Duplex>;
  readonly signal: AbortSignal;
  /** The limit for TLS and the answer. */
  readonly limitMs?: number;
  readonly keep?: (line: OpenLine) => void;
}): Promise<ProbeResult> {
  const { clock, server, dial, keep, limitMs = defaultLimitMs } = options;
  const at = clock.now();
  let last = performance.now();
  const stages: { stage: Stage; ms: number }[] = [];
  const passed = (stage: Stage) => {
    const now = performance.now();
    stages.push({ stage, ms: roundMs(now - last) });
    last = now;
  };
  let stream: Duplex | undefined;
  let isKept = false;
  try {
    stream = await dial(options.signal, passed);
    const limit = startDeadline(clock, limitMs, options.signal);
    try {
      const { signal } = limit;
      const secure = await secureStream(stream, server, { signal, ms: limitMs });
      // The TLS of a web application is that of the edge.
      passed(server.front?.authority === undefined ? 'tls' : 'edge');
      const opened = [...stages];
      const ready = await askReady({ secure, server, signal, limitMs, keep: keep !== undefined });
      if (ready.failure !== undefined) throw ready.failure;
      passed('readyz');
      if (ready.isKept) {
        isKept = true;
        keep?.({ stream, secure, stages: opened, answerMs: stages.at(-1)?.ms ?? 0 });
      }
      return { ok: true, probe: probeOf(at, stages) };
    } finally {
      limit.cancel();
    }
  } catch (error) {
    // Not every connector can distinguish all stages: the failed one follows the last that passed.
    const done = stages.at(-1)?.stage;
    const next =
      stageSchema.options[done === undefined ? 0 : stageSchema.options.indexOf(done) + 1] ?? 'readyz';
    return { ok: false, failure: failureFrom(error, next) };
  } finally {
    if (!isKept) stream?.destroy();
  }
}

export function probeOf(at: number, stages: Probe['stages']): Probe {
  return { at, stages, totalMs: Math.round(stages.reduce((sum, { ms }) => sum + ms, 0)) };
}

export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
