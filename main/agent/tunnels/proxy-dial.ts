import type { Duplex } from 'node:stream';
import type { ApiServer } from './api-connection.ts';
import type { ClientDial } from './client-dial.ts';
import type { ProbeLoop } from './probe-loop.ts';

/** A connection for the agent's own client of the tunnel, and the server at its end. */
export interface ProxyConnection {
  readonly stream: Duplex;
  readonly server: ApiServer;
  /** To be called when the server has answered. */
  readonly served: () => void;
}

/** A tunnel for the agent's own client. */
export interface ProxyDial {
  /** Returns the server at its end. */
  server(): ApiServer;
  /** Opens a connection for the agent's own client, as for a client of the port. Rejects as `ClientDial.dial` does. */
  dial(signal: AbortSignal): Promise<ProxyConnection>;
}

/** Opens connections through a tunnel as its port does for a client: waits for a closed tunnel, and reports trouble. */
export function createProxyDial(options: {
  readonly clients: Pick<ClientDial, 'dial'>;
  readonly probes: Pick<ProbeLoop, 'onDialTrouble' | 'onServed'>;
  readonly server: () => ApiServer;
}): ProxyDial {
  const { clients, probes, server } = options;
  return {
    server,
    async dial(signal) {
      try {
        return { stream: await clients.dial(signal), server: server(), served: probes.onServed };
      } catch (error) {
        if (!signal.aborted) probes.onDialTrouble();
        throw error;
      }
    },
  };
}
