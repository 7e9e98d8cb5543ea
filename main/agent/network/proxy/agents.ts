import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { AppError } from '../../../model/app-error.ts';
import { connectFirst } from '../first-address.ts';
import { basic } from './connect-request.ts';
import { dialThroughProxy, openSocket } from './dial.ts';
import type { ProxyServer, Route, Routes } from './routes.ts';

/**
 * The key of a request's own signal among the options of `https.request`. Node does not pass `signal` to the agent, so
 * that the end of one request does not end a connection that others use. While the connection is still being opened, it
 * should.
 */
export const dialSignal = Symbol('dialSignal');

/** Marks a connection to the proxy itself. */
const forwarder = Symbol('forwarder');

type ConnectionOptions = https.RequestOptions & {
  readonly secureContext?: tls.SecureContext | undefined;
  readonly [dialSignal]?: AbortSignal | undefined;
  readonly [forwarder]?: ProxyServer;
};
const plainAgent = http.Agent.prototype as http.Agent & {
  addRequest(request: http.ClientRequest, options: ConnectionOptions): void;
};

type Created = (error: Error | null, socket?: Duplex) => void;

/**
 * Node's agent, except for the connection through a proxy. Node's own (`proxyEnv`, Node 24) leaves a refused connection
 * without an owner: a proxy that resets it ends the process, one that keeps it leaks a socket for each refusal, and an
 * aborted request waits until the proxy has answered.
 */
export class ProxiedHttpsAgent extends https.Agent {
  readonly #routes: Routes;
  #shared: SharedTrust | undefined;
  readonly #onRequest: (request: http.ClientRequest, host: string) => void;

  /** `onRequest` is called for each request, those of SDKs too, before it is sent. */
  constructor(
    options: https.AgentOptions,
    routes: Routes,
    onRequest: (request: http.ClientRequest, host: string) => void = () => {},
  ) {
    super(options);
    this.#routes = routes;
    this.#onRequest = onRequest;
  }

  /** Called by `https.request`, as below. */
  addRequest(request: http.ClientRequest, options: ConnectionOptions): void {
    this.#onRequest(request, options.host ?? 'localhost');
    plainAgent.addRequest.call(this, request, options);
  }

  override createConnection(given: ConnectionOptions, created: Created): Duplex | null | undefined {
    const route = routeOf(this.#routes, 'https', given);
    const trust = ownTrust.some((name) => given[name] !== undefined) ? undefined : this.#trust();
    const open = (socket?: Duplex): Duplex => {
      const name = this.getName(given);
      const shared = trust && { secureContext: trust.context, session: trust.sessions.get(name) };
      const secure = super.createConnection({
        ...given,
        ...shared,
        ...(socket && { socket }),
      } as ConnectionOptions);
      if (trust !== undefined) keepSession(secure as tls.TLSSocket, trust.sessions, name);
      return secure as Duplex;
    };
    if (route.kind === 'direct' && !isName(given)) return open();
    // Opens TLS to the host itself. Its errors go to the request.
    connect(route, given, 443).then((socket) => created(null, open(socket)), created);
    return undefined;
  }

  /**
   * Shares one context among the connections that trust the process's authorities: Node would create one for each, which
   * takes 0.2 ms and 28 kB. Another one is created after the authorities have changed, and no session is resumed that was
   * verified with those of before.
   */
  #trust(): SharedTrust {
    // Node returns the same list until it is changed.
    const authorities = tls.getCACertificates('default');
    if (this.#shared?.authorities !== authorities)
      this.#shared = { context: tls.createSecureContext(), authorities, sessions: new Map() };
    return this.#shared;
  }
}

interface SharedTrust {
  readonly context: tls.SecureContext;
  readonly authorities: readonly string[];
  /** The last TLS session of each host. */
  readonly sessions: Map<string, Buffer>;
}

/** The hosts whose sessions are kept: the tunnels of one agent, and what they need. */
const mostSessions = 1_024;

/**
 * Keeps the TLS session of a connection for the next one to the same host, which saves both ends the certificates and
 * their checks (RFC 8446, 2.2). Node's own agent does this for 100 hosts, and 200 tunnels that open in turn would resume
 * none.
 */
function keepSession(secure: tls.TLSSocket, sessions: Map<string, Buffer>, name: string): void {
  let isUp = false;
  secure.once('secureConnect', () => {
    isUp = true;
  });
  secure.once('close', () => {
    if (!isUp) sessions.delete(name);
  });
  secure.on('session', (session: Buffer) => {
    sessions.delete(name);
    sessions.set(name, session);
    if (sessions.size > mostSessions) sessions.delete(sessions.keys().next().value ?? name);
  });
}

/** Options of a request, an SDK's for example, that need a context of their own. */
const ownTrust = [
  'secureContext',
  'ca',
  'cert',
  'key',
  'pfx',
  'crl',
  'ciphers',
  'ecdhCurve',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
] as const;

/** The same for `http:` URLs. An HTTP proxy accepts those as normal requests with the whole URL (RFC 9112, 3.2.2). */
export class ProxiedHttpAgent extends http.Agent {
  readonly #routes: Routes;

  constructor(options: http.AgentOptions, routes: Routes) {
    super(options);
    this.#routes = routes;
  }

  /** Called by `http.request`. Not in Node's documentation, but the proxy agents on npm override it too. */
  addRequest(request: http.ClientRequest, options: ConnectionOptions): void {
    const route = routeOf(this.#routes, 'http', options);
    if (route.kind !== 'proxy' || route.proxy.kind === 'socks5') {
      plainAgent.addRequest.call(this, request, options);
      return;
    }
    const { proxy } = route;
    request.path = `http://${request.getHeader('host') as string}${request.path}`;
    if (proxy.login !== undefined) request.setHeader('proxy-authorization', basic(proxy.login));
    const { host, port } = proxy;
    plainAgent.addRequest.call(this, request, { ...options, host, port, [forwarder]: proxy });
  }

  override createConnection(options: ConnectionOptions, created: Created): Duplex | null | undefined {
    const proxy = options[forwarder];
    if (proxy !== undefined) {
      openSocket(proxy, { signal: options[dialSignal] }).then((socket) => created(null, socket), created);
      return undefined;
    }
    const route = routeOf(this.#routes, 'http', options);
    if (route.kind === 'direct' && !isName(options)) return super.createConnection(options);
    connect(route, options, 80).then((socket) => created(null, socket), created);
    return undefined;
  }
}

function routeOf(routes: Routes, scheme: 'http' | 'https', { host, port }: ConnectionOptions): Route {
  return routes.route(scheme, {
    host: host ?? 'localhost',
    port: Number(port ?? (scheme === 'http' ? 80 : 443)),
  });
}

/** Returns true if the host has to be resolved, and may have several addresses. */
function isName({ host, socketPath, lookup }: ConnectionOptions): boolean {
  return host != null && isIP(host) === 0 && socketPath == null && lookup === undefined;
}

async function connect(route: Route, options: ConnectionOptions, defaultPort: number): Promise<Duplex> {
  if (route.kind === 'unusable') throw unusable(route.variable);
  const target = { host: options.host ?? 'localhost', port: Number(options.port ?? defaultPort) };
  if (route.kind === 'direct') return connectFirst(target, { signal: options[dialSignal] });
  const socket = await dialThroughProxy({ proxy: route.proxy, target, signal: options[dialSignal] });
  socket.setNoDelay(true);
  return socket;
}

/** Creates the error for an invalid variable. The value may contain a password, so it is not repeated. */
export function unusable(variable: string): AppError {
  return new AppError('network-proxy', `${variable} does not hold the address of a proxy.`, {
    hint: 'Write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, or unset it, then start the agent again.',
    mender: 'you',
  });
}
