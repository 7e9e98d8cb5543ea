import { EventEmitter } from 'node:events';
import { toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import type { LocalProxy } from '../../model/local-proxy.ts';
import { once } from '../async/once.ts';
import type { Audit } from '../audit/audit.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Refusal } from '../tunnels/gateway.ts';
import type { Peers } from '../tunnels/peers/peers.ts';
import { type Ports, tlsPortId } from '../tunnels/ports.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import type { Unproven } from '../tunnels/unproven.ts';
import { endedStatus, withinSessions } from './admitted.ts';
import { type ClusterProxy, createClusterProxy } from './cluster-proxy.ts';
import { type FileGrant, type Grant, openGrants } from './grants.ts';
import { localProxiesOf, movedNotice } from './local-proxies.ts';
import { endingUnlocks, type ProductionLocks } from './production-locks.ts';
import { createRelaySockets } from './relay-sockets.ts';
import { createSeparateFiles } from './separate-files.ts';
import type { SeparateFile, TlsEndpoint } from './tls-endpoint.ts';

/** The local TLS proxies: a port for each cluster with the entry form `tls`. */
export interface ApiProxies {
  /**
   * Listens on the cluster's port, and resolves with what its kubeconfig entry says: the same secret for some hours.
   * Rejects as `openGateway` does, and as writing a file does.
   */
  forEntry(cluster: Cluster): Promise<TlsEndpoint>;
  /**
   * As `forEntry`, with a secret for a separate file: for full access, or only to read. For a container, listens on a Unix
   * socket beside that file too, which leads to the port; rejects as `RelaySockets.listen` does.
   */
  forFile(cluster: Cluster, at: SeparateFile): Promise<TlsEndpoint>;
  /** As `forEntry`, with a secret for the file of a terminal, which only reads. */
  forTerminal(cluster: Cluster, at: Required<Pick<FileGrant, 'terminal' | 'readOnly'>>): Promise<TlsEndpoint>;
  /** Ends the secrets in the files of these terminals. */
  endTerminals(ids: readonly string[]): Promise<void>;
  /** Ends the secrets of a separate file. Without `except`, of all its clusters. Resolves with the clusters. */
  endFile(file: string, options?: { readonly except: readonly ClusterId[] }): Promise<readonly ClusterId[]>;
  /** Listens again for separate files whose secrets are still valid. Rejects with the first failure, after the others. */
  standBy(): Promise<void>;
  /** Returns the ports that listen, with their traffic and the separate files that lead to them. */
  list(): readonly LocalProxy[];
  /** Returns the traffic of a cluster's port, if it listens. */
  traffic(id: ClusterId): ReturnType<ClusterProxy['listener']['traffic']>;
  /** Ends the secrets of these clusters, every connection that has shown one, and those to their APIs, at once. */
  end(isTheirs: (id: ClusterId) => boolean): Promise<void>;
  /** Ends the secrets of the entries of these clusters, which have another form now. Closes ports without a secret. */
  release(ids: readonly ClusterId[]): Promise<void>;
  /** Ends the secrets of another user than the one who is signed in now, or of nobody knows whom. */
  signedIn(isTheirs: (id: ClusterId) => boolean): Promise<void>;
  /** Asks for new secrets in the entries, if there are any: somebody has signed in. */
  renew(): void;
  /** Returns true while there are secrets, which work only as long as an agent runs. */
  isNeeded(): boolean;
  /** Closes the connections of a cluster. Without `listening` its port too, unless a separate file needs it. */
  cut(id: ClusterId, options: { readonly listening: boolean }): Promise<void>;
  close(): Promise<void>;
  readonly events: EventEmitter<{
    /** Entries need other secrets: they have to be written again. */
    due: [];
  }>;
}

/** Reads the secrets of before; listens on nothing yet. */
export async function createApiProxies(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalog: Pick<Catalog, 'get'>;
  readonly credentials: Pick<Credentials, 'get' | 'drop' | 'ownerOf'>;
  readonly ports: Ports;
  readonly peers: Peers;
  /** Counts them with those of the tunnels' ports. */
  readonly unproven: Unproven;
  readonly audit: Pick<Audit, 'observe'>;
  readonly locks: Pick<ProductionLocks, 'applies' | 'isLocked' | 'whileUnlocked' | 'lock'>;
  /** Returns the cluster's tunnel. A connection through it opens it first if it is closed. */
  readonly tunnel: (cluster: Cluster) => Pick<Tunnel, 'dial' | 'server'>;
  readonly onRefused: (at: { cluster: ClusterId; port: number }, refusal: Refusal) => Promise<void>;
  readonly notice: (level: 'warning', message: string) => void;
}): Promise<ApiProxies> {
  const { folder, clock, logger, catalog, credentials, ports, peers, unproven, audit, locks } = options;
  const { tunnel, onRefused, notice } = options;
  const grants = await openGrants({ folder, clock, logger });
  const events: ApiProxies['events'] = new EventEmitter();
  const relays = createRelaySockets({ logger });
  const proxies = new Map<ClusterId, ClusterProxy>();
  /** Ports that are being closed. */
  const closing = new Map<ClusterId, Promise<void>>();
  let cancelTimer = () => {};
  let isClosed = false;

  /** Loaded when the first port opens: an agent without this entry form makes no certificates. */
  const localAuthority = once(async () => {
    const { openLocalAuthority } = await import('./local-authority.ts');
    return openLocalAuthority({ folder, clock, logger });
  });

  const warn = (message: string) => (error: unknown) => logger.warn(message, { error: toPlainError(error) });
  const dropEnded = () => {
    const valid = new Set(grants.list().map(({ digest }) => digest));
    for (const proxy of proxies.values()) proxy.end((digest) => !valid.has(digest));
  };
  const schedule = () => {
    cancelTimer();
    const due = isClosed ? undefined : grants.nextDue();
    if (due === undefined) return;
    cancelTimer = clock.timer(Math.max(1_000, due - clock.now()), () => {
      dropEnded();
      events.emit('due');
      schedule();
    });
  };
  const end = async (isEnding: (grant: Grant) => boolean): Promise<void> => {
    const stored = grants.end(isEnding);
    dropEnded();
    schedule();
    await stored.catch(warn('Ended secrets are not stored'));
  };

  const endSession = endingUnlocks({ locks, grants, end });

  const titleOf = (id: ClusterId) => catalog.get(id)?.title ?? id;
  const serve = withinSessions({
    end: endSession,
    locks,
    bind: (grant, owner) => grants.bind(grant, owner).catch(warn('The user of a secret is not stored')),
    titleOf: ({ cluster }) => titleOf(cluster),
    onDue: () => void events.emit('due'),
    observe: audit.observe,
  });

  const create = (cluster: Cluster): ClusterProxy => {
    const { id } = cluster;
    return createClusterProxy({
      clock,
      logger,
      ports,
      credentials,
      peers,
      unproven,
      portId: tlsPortId(id),
      cluster: () => catalog.get(id) ?? cluster,
      tunnel: () => tunnel(catalog.get(id) ?? cluster),
      authority: localAuthority,
      check: (secret) => grants.check(id, secret),
      serve,
      onEnded: (exchange) => audit.observe(exchange, { cluster: id }).refuse(endedStatus(titleOf(id))),
      onRefused: (port, refusal) => onRefused({ cluster: id, port }, refusal),
      onSessionOver: () => void endSession((grant) => grant.cluster === id),
      // The certificate proves the port: its secret goes to no other program, so that nothing has to be replaced.
      onMoved(ports) {
        logger.warn('A local TLS port has moved', { cluster: id, ...ports });
        const moved = movedNotice(
          titleOf(id),
          ports,
          grants.list().filter((one) => one.cluster === id),
        );
        if (moved !== undefined) notice('warning', moved);
      },
    });
  };

  const listen = async (cluster: Cluster): Promise<ClusterProxy> => {
    await closing.get(cluster.id);
    const proxy = proxies.get(cluster.id) ?? create(cluster);
    proxies.set(cluster.id, proxy);
    await proxy.listener.standBy();
    return proxy;
  };
  const portOf = (id: ClusterId) => ports.known(tlsPortId(id))?.port ?? 0;
  const endpointFor = async (
    cluster: Cluster,
    issue: (owner: string | undefined, port: number) => ReturnType<typeof grants.forEntry>,
  ): Promise<TlsEndpoint> => {
    const { api } = await listen(cluster);
    const owner = await api.owner().catch(() => undefined);
    const port = portOf(cluster.id);
    const { secret, until } = await issue(owner, port);
    schedule();
    const { certificate } = await localAuthority();
    return { port, certificateAuthorityData: Buffer.from(certificate).toString('base64'), secret, until };
  };

  const files = createSeparateFiles({ catalog, grants, relays, logger, endpointFor, listen, portOf, end });

  const renew = () => {
    if (proxies.size > 0) events.emit('due');
  };
  const cut: ApiProxies['cut'] = async (id, options) => {
    const proxy = proxies.get(id);
    if (proxy === undefined) return;
    const hasFile = grants.list().some(({ cluster, holder }) => cluster === id && holder !== 'entry');
    const listening = options.listening || hasFile;
    proxy.cut();
    const closed = proxy.listener.close({ listening });
    if (!listening) {
      proxies.delete(id);
      closing.set(id, closed);
    }
    await closed;
    if (closing.get(id) === closed) closing.delete(id);
  };

  return {
    events,
    forEntry: (cluster) => endpointFor(cluster, (owner) => grants.forEntry(cluster.id, owner)),
    forTerminal: (cluster, at) => endpointFor(cluster, (owner) => grants.forFile(cluster.id, owner, at)),
    endTerminals: (ids) => end(({ terminal }) => terminal !== undefined && ids.includes(terminal)),
    ...files,
    standBy: () => files.standBy().finally(schedule),
    list: () => localProxiesOf({ proxies, grants: grants.list(), portOf }),
    traffic: (id) => proxies.get(id)?.listener.traffic(),
    async end(isTheirs) {
      locks.lock(isTheirs, 'session');
      for (const [id, proxy] of proxies) if (isTheirs(id)) proxy.cut();
      await end(({ cluster }) => isTheirs(cluster));
    },
    async release(ids) {
      await end(({ cluster, holder }) => holder === 'entry' && ids.includes(cluster));
      for (const id of ids)
        if (!grants.list().some(({ cluster }) => cluster === id)) await cut(id, { listening: false });
    },
    async signedIn(isTheirs) {
      // It may be another user's session.
      locks.lock(isTheirs, 'session');
      for (const grant of grants.list().filter(({ cluster }) => isTheirs(cluster))) {
        proxies.get(grant.cluster)?.api.renewOwner();
        const cluster = catalog.get(grant.cluster);
        const owner = cluster && (await credentials.ownerOf(cluster).catch(() => undefined));
        if (owner === undefined || (grant.owner !== undefined && grant.owner !== owner))
          await end(({ digest }) => digest === grant.digest);
      }
      renew();
    },
    renew,
    isNeeded: () => proxies.size > 0 && grants.list().length > 0,
    cut,
    async close() {
      isClosed = true;
      cancelTimer();
      await relays.close();
      for (const proxy of proxies.values()) proxy.cut();
      await Promise.all([...proxies.values()].map(({ listener }) => listener.close({ listening: false })));
    },
  };
}
