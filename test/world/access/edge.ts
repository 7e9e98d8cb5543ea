import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type net from 'node:net';
import tls from 'node:tls';
import type { Authority } from '../authority.ts';
import type { Plan } from '../plan.ts';
import { Echo, type Traffic } from '../traffic.ts';
import { actOut, type Exchange, edgeHeaders, readExchange, responseTo, send } from './answers.ts';
import { admitted, handleApplication } from './application.ts';
import { createIdentityProvider, identityProviderHost } from './identity-provider.ts';
import { listen } from './listener.ts';
import { createPolicies, type Policies, type ServiceToken } from './policies.ts';
import { createRelayServer, messageLimits } from './relay.ts';
import { handleTeam } from './team.ts';
import { createTokens, type SessionType } from './tokens.ts';
import { createTransfer, transferHost } from './transfer.ts';
import { type Dial, publishUpgrade } from './web-origin.ts';

/** Cloudflare's edge with one Access organisation, and the organisation's identity provider, on one loopback port. */
export interface Access {
  readonly port: number;
  /** Every host name that this port serves (as `https://HOST/`). */
  readonly hosts: readonly string[];
  close(): Promise<void>;
  /** Application tokens of one host name are no longer accepted; the organisation token still gets a new one. */
  revokeApp(hostname: string): void;
  /** As if the time of every token of that type, issued so far, had run out. */
  expire(type: SessionType): void;
  /** No token issued so far is accepted any more. */
  revokeAll(): void;
  /** The identity provider forgets who is signed in: the next login asks for the password. */
  endSessions(): void;
  /** How long tokens hold that are issued from now on. */
  setTokenSeconds(seconds: { readonly app?: number; readonly org?: number }): void;
  /** Who may pass from the next request on; everyone when undefined. */
  setPolicy(hostname: string, admits: readonly string[] | undefined): void;
  /** The groups that a person is in, and the posture rules that the device fails, from the next request on. */
  setGroups(email: string, groups: readonly string[]): void;
  setFailing(email: string, rules: readonly string[]): void;
  addServiceToken(hostnames?: readonly string[]): ServiceToken;
  rotateServiceToken: Policies['rotateServiceToken'];
  readonly shownSecrets: Policies['shownSecrets'];
  rotateKeys(): Promise<void>;
  /** The groups of the person that an application's token stands for; undefined where it is not good. */
  groupsOf(token: string, hostname: string): Promise<readonly string[] | undefined>;
  /** Cuts open WebSockets with no close frame, of one host name or all. The number dropped. */
  dropConnections(hostname?: string): number;
  openConnections(hostname?: string): number;
}

/**
 * Operations in `traffic`, by service. `edge`: `upgrade`, `request`, `truncated` (a message that the origin's side
 * cut short), their scope the application. `access`: `app-info`, `authorized`, `cli` (scope the application),
 * `login` (likewise, on the team domain), `certs`, `callback`, `get-identity`, `transfer`. `idp`: `authorize`,
 * `login` (the form), `sign-in` (the form sent).
 */
export async function startAccess(options: {
  readonly plan: Plan;
  readonly traffic: Traffic;
  readonly authority: Authority;
  readonly dial: Dial;
  readonly pingMs?: number;
  readonly silentMs?: number;
  /** How long the transfer holds a request for a login that has not ended. Below a client's 60 s. */
  readonly transferHoldMs?: number;
}): Promise<Access> {
  const { plan, traffic, authority, dial, pingMs = 54_000, silentMs = 100_000 } = options;
  const tokens = await createTokens(plan);
  const policies = createPolicies(plan);
  const identityProvider = createIdentityProvider({ plan, traffic });
  const transfer = createTransfer({ traffic, holdMs: options.transferHoldMs ?? 50_000 });
  const organisation = { plan, traffic, tokens, policies, transfer, dial };
  const relayServer = createRelayServer({ pingMs, silentMs });
  const hosts = [
    ...plan.applications.map((application) => application.hostname),
    plan.team,
    transferHost,
    identityProviderHost,
  ];

  const handle = async (exchange: Exchange) => {
    const { response, url } = exchange;
    if (url.hostname === identityProviderHost) return identityProvider.handle(exchange);
    for (const [name, value] of Object.entries(edgeHeaders())) response.setHeader(name, value);
    if (url.hostname === plan.team) return handleTeam(organisation, identityProvider, exchange);
    if (url.hostname === transferHost) return transfer.handle(exchange);
    const application = policies.find(url.hostname);
    if (application !== undefined) return handleApplication(organisation, application, exchange);
    // A name that the edge serves, with nothing behind it (DNS error 1016).
    send(response, 530, { text: 'error code: 1016' });
  };

  const upgrade = async (exchange: Exchange, head: Buffer) => {
    const { request, response, url } = exchange;
    const application = policies.find(url.hostname);
    if (application === undefined) return handle(exchange);
    response.setHeaders(new Map(Object.entries(edgeHeaders())));
    const { hostname } = application;
    // The real edge leaves out an upgrade that it does not know.
    if (application.origin === 'https' && request.headers.upgrade?.toLowerCase() !== 'websocket')
      return handle(exchange);
    const fault = await traffic.serve('edge', 'upgrade', hostname);
    if (fault !== undefined) return actOut(fault, response, hostname);
    if (!(await admitted(organisation, application, exchange))) return;
    if (application.origin === 'https') return publishUpgrade(exchange, head, () => dial(application));
    const destination = request.headers['cf-access-jump-destination'];
    let origin: net.Socket;
    try {
      origin = await dial(application, typeof destination === 'string' ? destination : undefined);
    } catch {
      return send(response, 502, { text: 'error code: 502' });
    }
    if (request.socket.destroyed) {
      origin.destroy();
      return;
    }
    response.detachSocket(request.socket);
    relayServer.open({
      request,
      head,
      hostname,
      origin,
      messageLimit: application.origin === 'socks' ? messageLimits.socks : messageLimits.tcp,
      onTruncated: () => void traffic.serve('edge', 'truncated', hostname),
    });
  };

  // As at the real edge: one certificate for every name of the zone, also one with nothing behind it.
  const zones = new Set(plan.applications.map(({ hostname }) => hostname.replace(/^[^.]+/, '*')));
  const { key, certificate } = await authority.issueServer([...hosts, ...zones, 'localhost', '127.0.0.1']);
  const isWeb = (hostname: string) => policies.find(hostname)?.origin === 'https';
  const server = tls.createServer({
    key,
    cert: certificate,
    noDelay: true,
    // HTTP/2 where it is passed on; all else is that of upgrades.
    ALPNCallback: ({ servername, protocols }) =>
      [...(isWeb(servername) ? ['h2'] : []), 'http/1.1'].find((one) => protocols.includes(one)),
  });
  const http1 = http.createServer();
  const h2 = http2.createServer();
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    (socket.alpnProtocol === 'h2' ? h2 : http1).emit('connection', socket);
  });
  const serve = (request: IncomingMessage, response: ServerResponse, act: (exchange: Exchange) => unknown) =>
    (async () => act(readExchange(request, response)))().catch((error: unknown) => {
      if (response.headersSent) return;
      const { headers, url: target = '' } = request;
      if (error instanceof Echo) send(response, 500, { text: Echo.body({ headers, target, body: '' }) });
      else send(response, 400, { text: 'Bad Request' });
    });
  http1.on('request', (request, response) => void serve(request, response, handle));
  h2.on('session', (session) => session.on('error', () => {}));
  // Their common part is all that is used here.
  h2.on('request', (request, response) => {
    request.headers.host = request.authority;
    response.on('error', () => {});
    void serve(request as unknown as IncomingMessage, response as unknown as ServerResponse, handle);
  });
  http1.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    void serve(request, responseTo(request), (exchange) => upgrade(exchange, head));
  });
  const { port, close } = await listen(server);

  const relaysOf = (hostname?: string) =>
    [...relayServer.relays].filter((relay) => hostname === undefined || relay.hostname === hostname);
  const dropConnections = (hostname?: string) => {
    const dropped = relaysOf(hostname);
    for (const relay of dropped) relay.drop();
    return dropped.length;
  };
  return {
    port,
    hosts,
    close,
    revokeApp: (hostname) => tokens.revoke((session) => session.hostname === hostname),
    expire: (type) => tokens.revoke((session) => session.type === type),
    revokeAll: () => tokens.revoke(() => true),
    endSessions: identityProvider.endSessions,
    setTokenSeconds: tokens.setSeconds,
    setPolicy: policies.set,
    setGroups: policies.setGroups,
    setFailing: policies.setFailing,
    addServiceToken: policies.addServiceToken,
    rotateServiceToken: policies.rotateServiceToken,
    shownSecrets: policies.shownSecrets,
    rotateKeys: tokens.rotateKeys,
    async groupsOf(token, hostname) {
      const identity = await tokens.verify(token, 'app', hostname);
      return identity && policies.groupsOf(identity.email);
    },
    dropConnections,
    openConnections: (hostname) => relaysOf(hostname).length,
  };
}
