import { networkInterfaces } from 'node:os';
import type { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { Access } from '../access/access.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';
import { watchForChange } from './change-watch.ts';
import { type ClientFailure, createClientFailures } from './client-failures.ts';
import type { CloudflaredParts } from './cloudflared/connector.ts';
import type { ConnectorRules } from './connector-choice.ts';
import { createPace } from './pace.ts';
import type { Peers } from './peers/peers.ts';
import type { Ports } from './ports.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';
import { createUnproven, type Unproven } from './unproven.ts';
import { withDialsCounted } from './way.ts';
import { createWays } from './ways.ts';

export interface Tunnels {
  /**
   * Returns the cluster's tunnel, creating it (idle) if there is none. A tunnel that is not open follows the cluster's
   * current fields. Throws `no-tunnel` if the cluster's tags name no connection to it, `connector-refused` if the
   * organisation does not allow its connector.
   */
  tunnel(cluster: Cluster): Tunnel;
  find(id: ClusterId): Tunnel | undefined;
  list(): readonly Tunnel[];
  /** Sets whether a window shows the states, which are then refreshed often. Initially none does. */
  watch(isWatched: boolean): void;
  /** Returns, for each cluster, the last client whose connection failed. */
  clientFailures(): readonly ClientFailure[];
  /** Closes the tunnel and removes it. With `listening`, its port keeps listening for the next connection. */
  close(id: ClusterId, options?: { readonly listening?: boolean }): Promise<void>;
  closeAll(): Promise<void>;
}

export function createTunnels(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: Network;
  readonly access: Access;
  readonly ports: Ports;
  readonly peers: Peers;
  readonly cloudflared: CloudflaredParts;
  /** Read again for each opening. */
  readonly rules?: (() => ConnectorRules | undefined) | undefined;
  /** Resolves with the user's credential for a cluster, for probes that need one. */
  readonly credential?: ((cluster: Cluster) => Promise<Credential>) | undefined;
  /** The Access team that the organisation's configuration names. */
  readonly team?: (() => string | undefined) | undefined;
  readonly notice?: ((level: 'info' | 'warning', message: string) => void) | undefined;
  readonly onChange: (tunnel: Tunnel) => void;
  /**
   * Called when a client connects to a port whose tunnel is closed. See `createTunnel`. The client is rejected where
   * undefined.
   */
  readonly onDemand?: ((id: ClusterId) => Promise<void>) | undefined;
  /** Called when a connection to a cluster was opened or has failed. */
  readonly onDialed?: ((result: 'opened' | 'failed') => void) | undefined;
  /** Called when a tunnel is closed. With `listening`, the next connection opens it again. */
  readonly onClosing?: ((id: ClusterId, options: { readonly listening: boolean }) => void) | undefined;
  /** Counts rejected clients, with those of the local TLS proxies. Its own where undefined, and so below. */
  readonly refusals?: Refusals | undefined;
  readonly unproven?: Unproven | undefined;
  /** Called when a program's connection failed, for the first failure of its class within a while. */
  readonly onClientFailed?: ((failure: ClientFailure) => void) | undefined;
  /** Returns why the port of a cluster connects no client now. Undefined: it does. */
  readonly closedBy?: ((id: ClusterId) => AppError | undefined) | undefined;
  /** This computer's addresses; the operating system's where undefined. */
  readonly interfaces?: typeof networkInterfaces | undefined;
}): Tunnels {
  const { clock, logger, network, access, ports, peers, onChange, onDemand = async () => {} } = options;
  const { credential = () => Promise.reject(new Error('nobody is signed in')) } = options;
  const { cloudflared: parts, rules = () => undefined, team = () => undefined, notice = () => {} } = options;
  const tunnels = new Map<ClusterId, Tunnel>();
  const ways = createWays({ network, access, clock, credential, team, parts, rules, notice });
  const wayTo = (cluster: Cluster) => withDialsCounted(ways(cluster), options.onDialed);
  const pace = createPace(clock);
  const { refusals = createRefusals({ logger, onFirst() {} }), unproven = createUnproven() } = options;
  const clients = createClientFailures({ clock, logger, onFailed: options.onClientFailed ?? (() => {}) });
  const { interfaces = networkInterfaces } = options;
  /** Runs while there is a tunnel, so that an idle agent does not wake the computer every few seconds. */
  let stopLooking: (() => void) | undefined;
  const look = () =>
    watchForChange({ clock, logger, interfaces }, (what) => {
      logger.info('Probing every tunnel', { because: what });
      network.reset();
      for (const tunnel of tunnels.values()) tunnel.wake();
    });
  const remove = (id: ClusterId) => {
    tunnels.delete(id);
    if (tunnels.size > 0) return;
    stopLooking?.();
    stopLooking = undefined;
  };

  const close: Tunnels['close'] = async (id, { listening = false } = {}) => {
    const tunnel = tunnels.get(id);
    options.onClosing?.(id, { listening });
    const isClosed = (await tunnel?.close({ listening })) === true;
    if (isClosed && !listening && tunnels.get(id) === tunnel) remove(id);
  };

  /** Reports which program uses the old port, if that is known. */
  const reportMove = async (title: string, { from, to }: { from: number; to: number }) => {
    const holder = await peers.listenerOf(from);
    const program = holder?.kind === 'own' ? await holder.process() : undefined;
    const by =
      holder?.kind === 'other'
        ? ` by a program of the account ${await holder.account()}`
        : program === undefined
          ? ''
          : ` by ${program.name} (process ${program.pid})`;
    notice(
      'warning',
      `Port ${from} of ${title} is in use${by}. ${title} has moved to port ${to}, with a new password.`,
    );
  };

  return {
    tunnel(cluster) {
      const way = wayTo(cluster);
      const known = tunnels.get(cluster.id);
      known?.follow(way);
      if (known !== undefined) return known;
      const tunnel: Tunnel = createTunnel({
        id: cluster.id,
        clock,
        logger,
        ports,
        pace,
        peers,
        unproven,
        way,
        onDemand: () => onDemand(cluster.id),
        onRefused: (port, refusal) => refusals.count({ cluster: cluster.id, port }, refusal),
        onClientFailed: (client) => clients.note(cluster.id, client),
        closedBy: () => options.closedBy?.(cluster.id),
        onMoved: (moved) => void reportMove(cluster.title, moved).catch(() => {}),
        onChange: () => onChange(tunnel),
      });
      tunnels.set(cluster.id, tunnel);
      stopLooking ??= look();
      return tunnel;
    },
    find: (id) => tunnels.get(id),
    list: () => [...tunnels.values()],
    watch(isWatched) {
      pace.watch(isWatched);
      if (isWatched) for (const tunnel of tunnels.values()) tunnel.catchUp();
    },
    clientFailures: clients.list,
    close,
    async closeAll() {
      stopLooking?.();
      stopLooking = undefined;
      await Promise.all([...tunnels.keys()].map((id) => close(id)));
    },
  };
}
