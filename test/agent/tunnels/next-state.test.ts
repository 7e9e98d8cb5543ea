import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../../main/agent/tunnels/back-off.ts';
import { nextState, type TunnelEvent } from '../../../main/agent/tunnels/next-state.ts';
import type { Failure, Stage, TunnelState } from '../../../main/model/tunnel-state.ts';

const failure = (stage: Stage, retryable = true): Failure => ({
  stage,
  mender: 'network',
  error: { code: 'edge-failed', message: 'It failed.', retryable },
});
const probe = { at: 1, stages: [], totalMs: 3 };
const states: Readonly<Record<TunnelState['status'], TunnelState>> = {
  idle: { status: 'idle' },
  'logging-in': { status: 'logging-in', since: 1 },
  connecting: { status: 'connecting', since: 1 },
  connected: { status: 'connected', since: 1, probe },
  degraded: { status: 'degraded', since: 1, failure: failure('tls') },
  reconnecting: { status: 'reconnecting', since: 1, attempt: 1, nextAt: 2, failure: failure('edge') },
  failed: { status: 'failed', since: 1, failure: failure('access', false) },
  closing: { status: 'closing', since: 1 },
};
const failing = (stage: Stage, retryable: boolean, persist: boolean): TunnelEvent => ({
  kind: 'probe-failed',
  at: 9,
  failure: failure(stage, retryable),
  attempt: 4,
  retryAt: 99,
  persist,
});
const events = {
  open: { kind: 'open', at: 9 },
  'login-started': { kind: 'login-started', at: 9 },
  'login-finished': { kind: 'login-finished', at: 9 },
  'probe-passed': { kind: 'probe-passed', at: 9, probe },
  'edge fails': failing('edge', true, false),
  'edge fails, to persist': failing('edge', true, true),
  'tls fails': failing('tls', true, true),
  'readyz fails': failing('readyz', true, true),
  'fails for good': failing('edge', false, true),
  close: { kind: 'close', at: 9 },
  closed: { kind: 'closed' },
} as const satisfies Record<string, TunnelEvent>;

type Status = TunnelState['status'];
/** From each state (columns, in the order of `states`) on each event; a dot leaves the state as it is. */
const table: Readonly<Record<keyof typeof events, readonly (Status | '.')[]>> = {
  open: ['connecting', '.', '.', '.', '.', '.', 'connecting', '.'],
  'login-started': ['.', 'logging-in', 'logging-in', '.', '.', '.', '.', '.'],
  'login-finished': ['.', 'connecting', '.', '.', '.', '.', '.', '.'],
  'probe-passed': ['.', ...Array<Status>(6).fill('connected'), '.'],
  'edge fails': ['.', 'failed', 'failed', 'reconnecting', 'reconnecting', 'reconnecting', '.', '.'],
  'edge fails, to persist': ['.', ...Array<Status>(5).fill('reconnecting'), '.', '.'],
  // Bytes get through to the API server, which shows a certificate that is not trusted now.
  'tls fails': ['.', 'reconnecting', 'reconnecting', 'degraded', 'degraded', 'reconnecting', '.', '.'],
  'readyz fails': ['.', 'reconnecting', 'reconnecting', 'degraded', 'degraded', 'reconnecting', '.', '.'],
  'fails for good': ['.', ...Array<Status>(5).fill('failed'), '.', '.'],
  close: ['.', ...Array<Status>(7).fill('closing')],
  closed: Array<Status>(8).fill('idle'),
};

describe('nextState', () => {
  for (const [at, [from, state]] of Object.entries(states).entries())
    for (const [name, event] of Object.entries(events)) {
      const wanted = table[name as keyof typeof events][at];
      it(`${from}: ${name} → ${wanted === '.' ? 'unchanged' : wanted}`, () => {
        const next = nextState(state, event);
        if (wanted === '.') expect(next).toBe(state);
        else expect(next.status).toBe(wanted);
      });
    }

  it('keeps since when it stays connected, degraded or reconnecting, and carries what failed', () => {
    expect(nextState(states.connected, events['probe-passed'])).toMatchObject({ since: 1 });
    expect(nextState(states.degraded, events['readyz fails'])).toMatchObject({ since: 1 });
    expect(nextState(states.reconnecting, events['edge fails'])).toEqual({
      ...{ status: 'reconnecting', since: 1, attempt: 4, nextAt: 99 },
      failure: failure('edge'),
    });
    expect(nextState(states.reconnecting, events['probe-passed'])).toMatchObject({ since: 9 });
  });
});

describe('backOffMs', () => {
  it('is between half and the whole of a doubling quarter second, 30 s at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const ms = backOffMs(attempt, () => random);
          const whole = Math.min(30_000, 250 * 2 ** (attempt - 1));
          expect(Number.isInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(whole / 2);
          expect(ms).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });
});
