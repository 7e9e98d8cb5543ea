import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Terminals } from './terminals.ts';

/** Returns the tunnels, except that the port of a cluster that a terminal uses keeps listening, whatever closes its tunnel. */
export function keepListening(tunnels: Tunnels, terminals: Pick<Terminals, 'uses'>): Tunnels {
  return {
    ...tunnels,
    close: (id, { listening = false } = {}) =>
      tunnels.close(id, { listening: listening || terminals.uses(id) }),
  };
}
