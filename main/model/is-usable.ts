import type { TunnelState } from './tunnel-state.ts';

/** Whether clients get through a tunnel, or will again without anybody's doing. Undefined: there is no tunnel. */
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
