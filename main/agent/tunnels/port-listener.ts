import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import type { Logger } from '../parts.ts';
import type { ProxyCredentials } from './admission.ts';
import type { Gateway } from './gateway.ts';
import { isReserved } from './listen-error.ts';
import type { Ports } from './ports.ts';

/** How many ports to try. */
const portAttempts = 20;
/** Windows reserves ports in blocks of this size, often several in a row. */
const reservedBlock = 100;

/** Listens on the port of one cluster: its own, or the next free one. */
export interface PortListener {
  /** Starts to listen, unless it does already. Rejects as `Tunnel.standBy` does. */
  standBy(): Promise<void>;
  /** Returns true if it has ever listened. */
  hasListened(): boolean;
  traffic(): ReturnType<Gateway['traffic']> | undefined;
  /** Closes every connection. The port keeps listening. */
  cut(): void;
  /** Closes every connection. The port keeps listening if `listening`. */
  close(options: { readonly listening: boolean }): Promise<void>;
}

export function createPortListener(options: {
  readonly id: ClusterId;
  readonly logger: Logger;
  readonly ports: Ports;
  /** Opens the gateway on this port. Read the credentials for each connection. Rejects as `openGateway` does. */
  readonly open: (port: number, credentials: () => ProxyCredentials) => Promise<Gateway>;
  /** The port was in use: the cluster now listens on another one, with a new password. */
  readonly onMoved: (ports: { readonly from: number; readonly to: number }) => void;
  readonly platform?: NodeJS.Platform;
}): PortListener {
  const { id, logger, ports, open, onMoved, platform = process.platform } = options;
  const opening = createSingleFlight<ClusterId, void>();
  let gateway: Gateway | undefined;
  let hasListened = false;

  const listen = async (): Promise<void> => {
    let local = await ports.assign(id);
    const first = local.port;
    for (let tries = 1; gateway === undefined; tries++) {
      const { port, credentials } = local;
      try {
        gateway = await open(port, () => ports.known(id)?.credentials ?? credentials);
      } catch (error) {
        // Move only if another program listens on the port, or it is reserved: a new password for any other reason helps nobody.
        if (!(error instanceof AppError) || error.code !== 'port-busy' || tries === portAttempts) throw error;
        logger.warn('The port is in use; trying the next one', { cluster: id, port });
        local = await ports.move(id, isReserved(error.cause, platform) ? port + reservedBlock - 1 : port);
      }
    }
    hasListened = true;
    if (local.port !== first) onMoved({ from: first, to: local.port });
  };

  return {
    async standBy() {
      if (gateway === undefined) await opening.share(id, listen);
    },
    hasListened: () => hasListened,
    traffic: () => gateway?.traffic(),
    cut: () => gateway?.cut(),
    async close({ listening }) {
      if (opening.has(id)) await opening.share(id, listen).catch(() => {});
      if (listening) return gateway?.cut();
      await gateway?.close();
      gateway = undefined;
    },
  };
}
