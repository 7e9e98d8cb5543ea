import type { TunnelState } from './tunnel-state.ts';

/** Returns true if clients can connect through the tunnel, or will again automatically. Undefined means no tunnel. */
export function isUsable(state: Pick<TunnelState, 'status'> | undefined): boolean {
  switch (state?.status) {
    case 'connected':
    case 'degraded':
    case 'reconnecting':
      return true;
    default:
      return false;
  }
}
