import { networkInterfaces } from 'node:os';
import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { usualTagPrefix } from '../../model/tag-prefix.ts';
import type { Access } from '../access/access.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Logger } from '../parts.ts';
import type { ApiServer } from './api-connection.ts';
import { createAutoConnector } from './auto-connector.ts';
import { createBuiltinConnector } from './builtin-connector.ts';
import { type ClientFailure, createClientFailures } from './client-failures.ts';
import { type CloudflaredParts, createCloudflaredConnector } from './cloudflared/connector.ts';
import { findProgram } from './cloudflared/program.ts';
import type { Connector } from './connector.ts';
import { type ConnectorRules, chooseConnector } from './connector-choice.ts';
import { createDirectConnector } from './direct-connector.ts';
import { createPace } from './pace.ts';
import type { Peers } from './peers/peers.ts';
import type { Ports } from './ports.ts';
import { createRefusals, type ReportedRefusal } from './refusals.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';
import { createUnproven } from './unproven.ts';
import type { Way } from './way.ts';

export interface Tunnels {
  /**
   * The cluster's tunnel, made (idle) when there is none; one that is not open follows what the cluster says now.
   * Rejects with `no-tunnel` where its tags name no way to it, `connector-refused` where the organisation forbids theirs.
   */
  tunnel(cluster: Cluster): Tunnel;
  find(id: ClusterId): Tunnel | undefined;
  list(): readonly Tunnel[];
  /** Whether somebody looks at their states, which are then brought up to date often. Nobody does at first. */
  watch(isWatched: boolean): void;
  /** Of each cluster, the last client whose connection failed. */
  clientFailures(): readonly ClientFailure[];
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
  readonly peers: Peers;
  readonly cloudflared: CloudflaredParts;
  /** Read anew for each opening. */
  readonly rules?: (() => ConnectorRules | undefined) | undefined;
  readonly notice?: ((level: 'info' | 'warning', message: string) => void) | undefined;
  readonly onChange: (tunnel: Tunnel) => void;
  /** A client has come to a port whose tunnel is closed. As for `createTunnel`; it is just refused where undefined. */
  readonly onDemand?: ((id: ClusterId) => Promise<void>) | undefined;
  /** A client of a port was turned away: the first of its kind since the start. */
  readonly onRefused?: ((refusal: ReportedRefusal) => void) | undefined;
  /** A program's connection failed: the first of its kind for a while. */
  readonly onClientFailed?: ((failure: ClientFailure) => void) | undefined;
  /** This computer's addresses; the operating system's where undefined. */
  readonly interfaces?: typeof networkInterfaces | undefined;
}): Tunnels {
  const { clock, logger, network, access, ports, peers, onChange, onDemand = async () => {} } = options;
  const { cloudflared: parts, rules = () => undefined, notice = () => {} } = options;
  const tunnels = new Map<ClusterId, Tunnel>();
  /** Told once of each that `auto` has turned to cloudflared. */
  const turned = new Set<ClusterId>();
  /** The hostnames that have opened a tunnel. */
  const opened = new Set<string>();
  const unproven = createUnproven();
  const pace = createPace(clock);
  const refusals = createRefusals({ logger, onFirst: options.onRefused ?? (() => {}) });
  const clients = createClientFailures({ clock, logger, onFailed: options.onClientFailed ?? (() => {}) });
  const { interfaces = networkInterfaces } = options;
  const stopLooking = watchForChange({ clock, logger, interfaces }, (what) => {
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

  /** Tells who has the port now, where that is known. */
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

  const connectorTo = (cluster: Cluster, server: ApiServer): Connector => {
    const { reach, id, title } = cluster;
    const { kind, mayTurn } = chooseConnector(cluster, rules());
    if (kind === 'direct' && cluster.server !== '') return createDirectConnector(server.target);
    if (reach.kind !== 'tunnel') {
      const reason = reach.kind === 'none' ? reach.reason : 'Its source tells no address.';
      throw new AppError('no-tunnel', `${title} cannot be reached: ${reason}`, {
        hint: "Ask the cluster's owner to set its k8s-tunnels tags.",
      });
    }
    const { hostname, destination } = reach;
    const builtin = createBuiltinConnector({ network, access, hostname, destination, opened });
    if (kind === 'builtin' && !mayTurn) return builtin;
    const asks =
      cluster.connector === undefined
        ? `${rules()?.name ?? 'your organisation'} asks for`
        : `the tag ${cluster.tagPrefix ?? usualTagPrefix}connector of ${title} asks for`;
    const cloudflared = createCloudflaredConnector({ parts, access, builtin, hostname, destination, asks });
    if (kind === 'cloudflared') return cloudflared;
    return createAutoConnector({
      builtin,
      cloudflared,
      mayTurn: () =>
        findProgram(parts).then(
          (program) => program !== undefined,
          () => false,
        ),
      onTurn() {
        if (turned.has(id)) return;
        turned.add(id);
        notice(
          'info',
          `${title} is reached by cloudflared: Cloudflare's edge answered in a way that k8s-tunnels does not know.`,
        );
      },
    });
  };

  return {
    tunnel(cluster) {
      const { reach } = cluster;
      const server = apiServerOf(cluster);
      const connector = connectorTo(cluster, server);
      const isSocks = connector.kind() !== 'direct' && reach.kind === 'tunnel' && reach.origin === 'socks';
      const way: Way = { connector, origin: isSocks ? 'socks' : 'tcp', server };
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
        onMoved: (moved) => void reportMove(cluster.title, moved).catch(() => {}),
        onChange: () => onChange(tunnel),
      });
      tunnels.set(cluster.id, tunnel);
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
      stopLooking();
      await Promise.all([...tunnels.keys()].map((id) => close(id)));
    },
  };
}

function apiServerOf(cluster: Cluster): ApiServer {
  const url = URL.parse(cluster.server);
  const data = cluster.certificateAuthorityData;
  const { hostname = '', port = '' } = url ?? {};
  return {
    target: { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) },
    authority: data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8'),
    serverName: cluster.serverName,
  };
}

/** Calls back after the computer slept and when its addresses changed. Returns a function that ends it. */
function watchForChange(
  parts: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly interfaces: typeof networkInterfaces;
  },
  changed: (what: 'sleep' | 'network') => void,
): () => void {
  const { clock, logger, interfaces } = parts;
  let addresses: string | undefined;
  let isReported = false;
  /** What they were, where they cannot be read: without file descriptors or memory left. */
  const addressesNow = () => {
    try {
      return addressText(interfaces());
    } catch (error) {
      if (!isReported) logger.warn('The network interfaces cannot be read', { error: String(error) });
      isReported = true;
      return addresses;
    }
  };
  let last = clock.now();
  addresses = addressesNow();
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

function addressText(interfaces: ReturnType<typeof networkInterfaces>): string {
  return (
    Object.values(interfaces)
      .flatMap((list) => list ?? [])
      .map(({ address }) => address)
      // Link-local ones come and go with every container.
      .filter((address) => !address.startsWith('fe80:'))
      .sort()
      .join(' ')
  );
}
