import { EventEmitter } from 'node:events';
import { toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { once } from '../async/once.ts';
import type { Audit } from '../audit/audit.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Refusal } from '../tunnels/gateway.ts';
import type { Peers } from '../tunnels/peers/peers.ts';
import { createPortListener, type PortListener } from '../tunnels/port-listener.ts';
import type { Ports } from '../tunnels/ports.ts';
import { createUnproven } from '../tunnels/unproven.ts';
import { endedStatus, withinSessions } from './admitted.ts';
import { type ClusterApi, createClusterApi } from './cluster-api.ts';
import { type FileGrant, type Grant, openGrants } from './grants.ts';
import { type LocalPort, openLocalPort } from './local-port.ts';
import type { DialUpstream } from './upstream-connection.ts';

/** What an entry of form `tls` says. */
export interface ProxyPlace {
  readonly port: number;
  /** PEM in base64. */
  readonly certificateAuthorityData: string;
  /** The bearer token. */
  readonly secret: string;
  /** When it expires, ms since the epoch. */
  readonly until: number;
}

/** The local TLS proxies: a port for each cluster with the entry form `tls`. */
export interface ApiProxies {
  /**
   * Listens on the cluster's port, and resolves with what its kubeconfig entry says: the same secret for some hours.
   * Rejects as `openGateway` does, and as writing a file does.
   */
  forEntry(cluster: Cluster): Promise<ProxyPlace>;
  /** As `forEntry`, with a new secret for a separate file: for full access, or only to read. */
  forFile(cluster: Cluster, how?: FileGrant): Promise<ProxyPlace>;
  /** Ends the secrets in the files of these terminals. */
  endTerminals(ids: readonly string[]): Promise<void>;
  /** Listens again for separate files whose secrets are still valid. */
  standBy(): Promise<void>;
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

interface Proxy {
  readonly listener: PortListener;
  readonly api: ClusterApi;
  /** Undefined until it listens. */
  port: LocalPort | undefined;
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
  readonly audit: Pick<Audit, 'observe'>;
  /** Opens a connection through the cluster's tunnel, which it opens first if it is closed. */
  readonly dial: (cluster: Cluster, signal: AbortSignal) => ReturnType<DialUpstream>;
  readonly onRefused: (at: { cluster: ClusterId; port: number }, refusal: Refusal) => Promise<void>;
}): Promise<ApiProxies> {
  const { folder, clock, logger, catalog, credentials, ports, peers, audit, dial, onRefused } = options;
  const grants = await openGrants({ folder, clock, logger });
  const events: ApiProxies['events'] = new EventEmitter();
  const unproven = createUnproven();
  const proxies = new Map<ClusterId, Proxy>();
  /** Ports that are being closed. */
  const closing = new Map<ClusterId, Promise<void>>();
  let cancelTimer = () => {};
  let isClosed = false;

  /** Loaded when the first port opens: an agent without this entry form makes no certificates. */
  const localAuthority = once(async () => {
    const { openLocalAuthority } = await import('./local-authority.ts');
    return openLocalAuthority({ folder, clock, logger });
  });

  const dropEnded = () => {
    const valid = new Set(grants.list().map(({ digest }) => digest));
    for (const { port } of proxies.values()) port?.end((digest) => !valid.has(digest));
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
  const warn = (message: string) => (error: unknown) => logger.warn(message, { error: toPlainError(error) });
  const end = async (isEnding: (grant: Grant) => boolean): Promise<void> => {
    const stored = grants.end(isEnding);
    dropEnded();
    schedule();
    await stored.catch(warn('Ended secrets are not stored'));
  };

  const titleOf = (id: ClusterId) => catalog.get(id)?.title ?? id;
  const serve = withinSessions({
    end,
    bind: (grant, owner) => grants.bind(grant, owner).catch(warn('The user of a secret is not stored')),
    titleOf: ({ cluster }) => titleOf(cluster),
    onDue: () => void events.emit('due'),
    observe: audit.observe,
  });

  const create = (cluster: Cluster): Proxy => {
    const { id } = cluster;
    const api = createClusterApi({
      clock,
      credentials,
      cluster: () => catalog.get(id) ?? cluster,
      dial: (signal) => dial(catalog.get(id) ?? cluster, signal),
    });
    const proxy: Proxy = {
      api,
      port: undefined,
      listener: createPortListener({
        id: portId(id),
        logger,
        ports,
        // The certificate proves the port: its secret goes to no other program, so that nothing has to be replaced.
        onMoved: ({ from, to }) => logger.warn('A local TLS port has moved', { cluster: id, from, to }),
        async open(port) {
          proxy.port = await openLocalPort({
            port,
            authority: await localAuthority(),
            peers,
            unproven,
            check: (secret) => grants.check(id, secret),
            serve: (admitted) => serve(api, admitted),
            onEnded: (exchange) => audit.observe(exchange, { cluster: id }).refuse(endedStatus(titleOf(id))),
            onRefused: (refusal) => onRefused({ cluster: id, port }, refusal),
          });
          return proxy.port;
        },
      }),
    };
    return proxy;
  };

  const listen = async (cluster: Cluster): Promise<Proxy> => {
    await closing.get(cluster.id);
    const proxy = proxies.get(cluster.id) ?? create(cluster);
    proxies.set(cluster.id, proxy);
    await proxy.listener.standBy();
    return proxy;
  };
  const placeFor = async (
    cluster: Cluster,
    issue: (owner: string | undefined) => Promise<Grant & { readonly secret: string }>,
  ): Promise<ProxyPlace> => {
    const { api } = await listen(cluster);
    const { secret, until } = await issue(await api.owner().catch(() => undefined));
    schedule();
    const { certificate } = await localAuthority();
    const { port = 0 } = ports.known(portId(cluster.id)) ?? {};
    return { port, certificateAuthorityData: Buffer.from(certificate).toString('base64'), secret, until };
  };

  const renew = () => {
    if (proxies.size > 0) events.emit('due');
  };
  const cut: ApiProxies['cut'] = async (id, options) => {
    const proxy = proxies.get(id);
    if (proxy === undefined) return;
    const hasFile = grants.list().some(({ cluster, holder }) => cluster === id && holder !== 'entry');
    const listening = options.listening || hasFile;
    proxy.api.cut();
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
    forEntry: (cluster) => placeFor(cluster, (owner) => grants.forEntry(cluster.id, owner)),
    forFile: (cluster, how) => placeFor(cluster, (owner) => grants.forFile(cluster.id, owner, how)),
    endTerminals: (ids) => end(({ terminal }) => terminal !== undefined && ids.includes(terminal)),
    async standBy() {
      const ids = new Set(grants.list().flatMap((one) => (one.holder === 'entry' ? [] : one.cluster)));
      for (const cluster of [...ids].flatMap((id) => catalog.get(id) ?? [])) await listen(cluster);
      schedule();
    },
    async end(isTheirs) {
      for (const [id, { api }] of proxies) if (isTheirs(id)) api.cut();
      await end(({ cluster }) => isTheirs(cluster));
    },
    async release(ids) {
      await end(({ cluster, holder }) => holder === 'entry' && ids.includes(cluster));
      for (const id of ids)
        if (!grants.list().some(({ cluster }) => cluster === id)) await cut(id, { listening: false });
    },
    async signedIn(isTheirs) {
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
      for (const { api } of proxies.values()) api.cut();
      await Promise.all([...proxies.values()].map(({ listener }) => listener.close({ listening: false })));
    },
  };
}

/** The name under which the port is stored: derived from the cluster's id as the tunnel's own port is. */
function portId(id: ClusterId): ClusterId {
  return `${id}#tls` as ClusterId;
}
