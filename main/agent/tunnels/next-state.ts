import { assertNever } from '../../model/assert-never.ts';
import type { Failure, Probe, TunnelState } from '../../model/tunnel-state.ts';
import { isFinal } from './failure.ts';

/** An event of a tunnel. `at` is ms since the epoch. */
export type TunnelEvent =
  | { readonly kind: 'open'; readonly at: number }
  | { readonly kind: 'login-started'; readonly at: number }
  | { readonly kind: 'login-finished'; readonly at: number }
  | { readonly kind: 'probe-passed'; readonly at: number; readonly probe: Probe }
  /**
   * `attempt` counts failures in a row from 1. `retryAt` is when the supervisor would try again. `persist` says whether
   * to retry at all after a failure of the first opening.
   */
  | {
      readonly kind: 'probe-failed';
      readonly at: number;
      readonly failure: Failure;
      readonly attempt: number;
      readonly retryAt: number;
      readonly persist: boolean;
    }
  | { readonly kind: 'close'; readonly at: number }
  | { readonly kind: 'closed' };

/**
 * Returns the next state of a tunnel. Pure: side effects of a state (timers, notifications) belong to the supervisor.
 * An event that does not fit the state changes nothing.
 */
export function nextState(state: TunnelState, event: TunnelEvent): TunnelState {
  switch (event.kind) {
    case 'open':
      return state.status === 'idle' || state.status === 'failed'
        ? { status: 'connecting', since: event.at }
        : state;
    case 'login-started':
      return isOpening(state) ? { status: 'logging-in', since: event.at } : state;
    case 'login-finished':
      return state.status === 'logging-in' ? { status: 'connecting', since: event.at } : state;
    case 'probe-passed':
      return passed(state, event.at, event.probe);
    case 'probe-failed':
      return failed(state, event);
    case 'close':
      return state.status === 'idle' ? state : { status: 'closing', since: event.at };
    case 'closed':
      return { status: 'idle' };
    default:
      return assertNever(event);
  }
}

function passed(state: TunnelState, at: number, probe: Probe): TunnelState {
  if (state.status === 'idle' || state.status === 'closing') return state;
  return { status: 'connected', since: state.status === 'connected' ? state.since : at, probe };
}

function failed(
  state: TunnelState,
  { at, failure, attempt, retryAt, persist }: Extract<TunnelEvent, { kind: 'probe-failed' }>,
): TunnelState {
  if (state.status === 'idle' || state.status === 'closing' || state.status === 'failed') return state;
  if (isFinal(failure)) return { status: 'failed', since: at, failure };
  if (isOpening(state) && !persist) return { status: 'failed', since: at, failure };
  // The tunnel itself is up once Access has passed: kubectl may still get through, and the port stays the same.
  if (hasConnected(state) && (failure.stage === 'tls' || failure.stage === 'readyz')) {
    return { status: 'degraded', since: state.status === 'degraded' ? state.since : at, failure };
  }
  return {
    status: 'reconnecting',
    since: state.status === 'reconnecting' ? state.since : at,
    attempt,
    nextAt: retryAt,
    failure,
  };
}

function isOpening(state: TunnelState): boolean {
  return state.status === 'connecting' || state.status === 'logging-in';
}

function hasConnected(state: TunnelState): boolean {
  return state.status === 'connected' || state.status === 'degraded';
}
