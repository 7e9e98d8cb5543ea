import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import tls from 'node:tls';
import { type ApiProxies, createApiProxies } from '../../../main/agent/api-proxy/api-proxies.ts';
import {
  createProductionLocks,
  type LockEvent,
  type ProductionLocks,
} from '../../../main/agent/api-proxy/production-locks.ts';
import type { TlsEndpoint } from '../../../main/agent/api-proxy/tls-endpoint.ts';
import type { Audit } from '../../../main/agent/audit/audit.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { Credential } from '../../../main/agent/providers/credential-provider.ts';
import type { ApiServer } from '../../../main/agent/tunnels/api-connection.ts';
import type { Refusal } from '../../../main/agent/tunnels/gateway.ts';
import { uncheckedPeers } from '../../../main/agent/tunnels/peers/peers.ts';
import { createPorts } from '../../../main/agent/tunnels/ports.ts';
import { createUnproven } from '../../../main/agent/tunnels/unproven.ts';
import type { Cluster, ClusterId } from '../../../main/model/cluster.ts';
import { aCluster } from '../../renderer/shown.ts';
import { type Authority, createAuthority } from '../../world/authority.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

/** The name of every API server here. No proxy resolves it: the dial leads there. */
const apiHost = 'api.cluster.example';

/** The local TLS proxies over an API server of the test's own, without the rest of the agent. */
export interface ProxyRig {
  readonly clock: SkippingClock;
  cluster: Cluster;
  /** The setting: production clusters open read-only. */
  productionReadOnly: boolean;
  readonly locks: ProductionLocks;
  readonly lockEvents: LockEvent[];
  readonly authority: Authority;
  readonly refusals: Refusal[];
  readonly notices: string[];
  /** The connections to the API server so far. */
  readonly dialed: net.Socket[];
  /** The credential, or the error, that the user's session gives now. */
  credential: Credential | Error;
  /** Whose the session is. */
  owner: string | undefined;
  /** How many times the credential was asked for. */
  readonly asked: () => number;
  /** How many times a refused credential was dropped. */
  readonly drops: () => number;
  proxies: ApiProxies;
  /** What records the requests, if anything. */
  audit?: Pick<Audit, 'observe'>;
  /** Where the dial leads: the port of a server on loopback, or an error. */
  target: number | Error;
  /** What is at the end of the tunnel. */
  server: ApiServer;
  endpoint(): Promise<TlsEndpoint>;
  /** As after a restart of the agent. */
  restart(): Promise<void>;
  /** TLS with the local port, as a client opens it. */
  connect(protocol?: 'h2' | 'http/1.1'): Promise<tls.TLSSocket>;
  close(): Promise<void>;
}

export const token = (value: string): Credential => ({ kind: 'token', token: value, expiresAt: undefined });

export async function startProxyRig(authority?: Authority): Promise<ProxyRig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-proxy-'));
  const clock = skippingClock();
  const trusted = authority ?? (await createAuthority('proxied'));
  const proxied = aCluster(`proxied-${path.basename(folder).slice(-6)}`, {
    server: `https://${apiHost}`,
    certificateAuthorityData: Buffer.from(trusted.certificate).toString('base64'),
    entryForm: 'tls',
    credential: { kind: 'gke' },
  });
  const refusals: Refusal[] = [];
  const notices: string[] = [];
  const dialed: net.Socket[] = [];
  const clients: tls.TLSSocket[] = [];
  const lockEvents: LockEvent[] = [];
  let drops = 0;
  let asked = 0;
  const open = async () =>
    createApiProxies({
      folder,
      clock,
      logger: silentLogger,
      catalog: { get: (id: ClusterId) => (id === rig.cluster.id ? rig.cluster : undefined) },
      credentials: {
        async get() {
          asked += 1;
          if (rig.credential instanceof Error) throw rig.credential;
          return rig.credential;
        },
        drop() {
          drops += 1;
        },
        ownerOf: async () => rig.owner,
      },
      ports: await createPorts({ folder, logger: silentLogger, renew: false }),
      peers: uncheckedPeers,
      unproven: createUnproven(),
      audit: { observe: (exchange, grant) => rig.audit?.observe(exchange, grant) ?? exchange },
      locks: rig.locks,
      tunnel: () => ({
        server: () => rig.server,
        async dial(signal) {
          if (rig.target instanceof Error) throw rig.target;
          const stream = net.connect({ port: rig.target, host: '127.0.0.1', signal, allowHalfOpen: true });
          stream.on('error', () => {});
          await once(stream, 'connect');
          dialed.push(stream);
          return { stream: asTunnel(stream), server: rig.server, served() {} };
        },
      }),
      onRefused: async (_, refusal) => void refusals.push(refusal),
      notice: (_, message) => void notices.push(message),
    });
  const rig: ProxyRig = {
    clock,
    cluster: proxied,
    productionReadOnly: false,
    locks: createProductionLocks({
      clock,
      logger: silentLogger,
      cluster: () => rig.cluster,
      settings: () => rig,
      onChange() {},
      onEvent: (event) => lockEvents.push(event),
    }),
    lockEvents,
    authority: trusted,
    refusals,
    notices,
    dialed,
    credential: token('users-own'),
    owner: 'ada',
    asked: () => asked,
    drops: () => drops,
    target: new Error('no server'),
    server: {
      target: { host: apiHost, port: 443 },
      authority: trusted.certificate,
      serverName: undefined,
    },
    proxies: undefined as unknown as ApiProxies,
    endpoint: () => rig.proxies.forEntry(rig.cluster),
    async restart() {
      await rig.proxies.close();
      rig.proxies = await open();
    },
    async connect(protocol = 'http/1.1') {
      const { port, certificateAuthorityData } = await rig.endpoint();
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: Buffer.from(certificateAuthorityData, 'base64').toString(),
        ALPNProtocols: [protocol],
        allowHalfOpen: true,
      } as tls.ConnectionOptions);
      clients.push(socket);
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      return socket;
    },
    async close() {
      for (const client of clients) client.destroy();
      rig.locks.close();
      await rig.proxies.close();
      for (const stream of dialed) stream.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
  rig.proxies = await open();
  return rig;
}

/** A connection as a tunnel gives it: a stream, not a socket. */
export function asTunnel(socket: net.Socket): Duplex {
  const [near, far] = duplexPair();
  far.pipe(socket).pipe(far);
  near.on('error', () => {}).once('close', () => socket.destroy());
  socket.once('close', () => near.destroy());
  return near;
}

/** The API server's side: TLS with a certificate of the cluster's authority, and what `on` does with each connection. */
export async function startServer(
  authority: Authority,
  on: (socket: tls.TLSSocket) => void,
  options: tls.TlsOptions = {},
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { key, certificate } = await authority.issueServer([apiHost]);
  const server = tls.createServer({ key, cert: certificate, ...options }, on);
  const open = new Set<net.Socket>();
  server.on('connection', (raw: net.Socket) => {
    open.add(raw);
    raw.once('close', () => open.delete(raw)).on('error', () => {});
  });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const raw of open) raw.destroy();
      await closed;
    },
  };
}
