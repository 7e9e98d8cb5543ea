import { networkInterfaces } from 'node:os';
import type { Access } from '../access/access.ts';
import { AppError } from '../app-error.ts';
import type { Cluster, ClusterId } from '../catalog/cluster.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import { createBuiltinConnector } from './builtin-connector.ts';
import type { Ports } from './ports.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';

export interface Tunnels {
  /**
   * The cluster's tunnel, made (idle) when there is none; one that is not open follows what the cluster says now.
   * Rejects with `no-tunnel` where its tags name no way to it.
   */
  tunnel(cluster: Cluster): Tunnel;
  find(id: ClusterId): Tunnel | undefined;
  list(): readonly Tunnel[];
  /** Closes the tunnel and forgets it; with `listening` its port stands by for the next connection. */
  close(id: ClusterId, options?: { readonly listening?: boolean }): Promise<void>;
  closeAll(): Promise<void>;
}

/** How often sleep and changes of network are looked for, and the gap between two looks that means sleep. */
const lookEveryMs = 5_000;
const sleptMs = 15_000;

export function createTunnels(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: Network;
  readonly access: Access;
  readonly ports: Ports;
  readonly onChange: (tunnel: Tunnel) => void;
  /** A client has come to a port whose tunnel is closed. As for `createTunnel`; it is just refused where undefined. */
  readonly onDemand?: ((id: ClusterId) => Promise<void>) | undefined;
}): Tunnels {
  const { clock, logger, network, access, ports, onChange, onDemand = async () => {} } = options;
  const tunnels = new Map<ClusterId, Tunnel>();
  const stopLooking = watchForChange({ clock }, (what) => {
    if (tunnels.size === 0) return;
    logger.info('Probing every tunnel', { because: what });
    network.reset();
    for (const tunnel of tunnels.values()) tunnel.wake();
  });

  const close: Tunnels['close'] = async (id, { listening = false } = {}) => {
    const tunnel = tunnels.get(id);
    const isClosed = (await tunnel?.close({ listening })) === true;
    if (isClosed && !listening && tunnels.get(id) === tunnel) tunnels.delete(id);
  };

  return {
    tunnel(cluster) {
      const { reach } = cluster;
      if (reach.kind === 'none') {
        throw new AppError('no-tunnel', `${cluster.title} cannot be reached: ${reach.reason}`, {
          hint: "Ask the cluster's owner to set its k8s-tunnels tags.",
        });
      }
      const way = {
        connector: createBuiltinConnector({
          network,
          access,
          hostname: reach.hostname,
          destination: reach.destination,
        }),
        origin: reach.origin,
        server: apiServerOf(cluster),
      };
      const known = tunnels.get(cluster.id);
      known?.follow(way);
      if (known !== undefined) return known;
      const tunnel: Tunnel = createTunnel({
        id: cluster.id,
        clock,
        logger,
        ports,
        way,
        onDemand: () => onDemand(cluster.id),
        onChange: () => onChange(tunnel),
      });
      tunnels.set(cluster.id, tunnel);
      return tunnel;
    },
    find: (id) => tunnels.get(id),
    list: () => [...tunnels.values()],
    close,
    async closeAll() {
      stopLooking();
      await Promise.all([...tunnels.keys()].map((id) => close(id)));
    },
  };
}

function apiServerOf(cluster: Cluster) {
  const url = new URL(cluster.server);
  const data = cluster.certificateAuthorityData;
  return {
    target: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) },
    authority: data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8'),
    serverName: cluster.serverName,
  };
}

/** Calls back after the computer slept and when its addresses changed. The answer ends it. */
function watchForChange(
  { clock }: { readonly clock: Clock },
  changed: (what: 'sleep' | 'network') => void,
): () => void {
  let last = clock.now();
  let addresses = addressesNow();
  let cancel = () => {};
  const look = () => {
    const now = clock.now();
    const current = addressesNow();
    if (now - last > sleptMs) changed('sleep');
    else if (current !== addresses) changed('network');
    last = now;
    addresses = current;
    cancel = clock.timer(lookEveryMs, look);
  };
  cancel = clock.timer(lookEveryMs, look);
  return () => cancel();
}

function addressesNow(): string {
  return (
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address)
      // Link-local ones come and go with every container.
      .filter((address) => !address.startsWith('fe80:'))
      .sort()
      .join(' ')
  );
}
