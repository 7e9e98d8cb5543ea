import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { AppError, errnoOf } from '../app-error.ts';
import type { Environment } from '../parts.ts';
import { dialSignal, ProxiedHttpAgent, ProxiedHttpsAgent, unusable } from './proxy/agents.ts';
import { proxyRoutes } from './proxy/routes.ts';

/** An HTTP answer read whole. Redirects are never followed: to Access they are answers. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Request {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly timeoutMs?: number;
  /** A longer answer is refused with `bad-input`. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called when the connection to the host stands (TLS done), before the request is answered. */
  readonly onConnected?: () => void;
}

/** What an upgrade request came to: the raw connection, or the ordinary answer the server gave instead. */
export type Upgrade =
  | {
      readonly kind: 'upgraded';
      readonly socket: Duplex;
      readonly headers: http.IncomingHttpHeaders;
      readonly head: Buffer;
    }
  | { readonly kind: 'answered'; readonly answer: Answer };

/**
 * The one way out of the process. Goes through the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`
 * name; authorities are those of `trustAuthorities`.
 */
export interface Network {
  /** What is wrong with the proxy variables, if anything: the hosts they were meant for cannot be reached. */
  readonly troubles: readonly AppError[];
  /** Keep-alive agents to hand to SDKs. */
  readonly httpsAgent: https.Agent;
  readonly httpAgent: http.Agent;
  /** Rejects with `network-unreachable`, `network-proxy`, `network-untrusted`, `timeout` or `cancelled`. */
  request(url: URL, request?: Request): Promise<Answer>;
  /** A request with `Connection: Upgrade` in its headers. Rejects as `request` does. */
  upgrade(url: URL, request: Request): Promise<Upgrade>;
  /** Drops idle connections: after a change of network they may lead nowhere. What runs has its own time-out. */
  reset(): void;
}

const defaultTimeoutMs = 20_000;

/** More than any source has in flight at once: what waits for a connection waits a whole round trip. */
const socketsPerHost = 1024;

export function createNetwork(env: Environment): Network {
  const routes = proxyRoutes(env);
  const options = {
    keepAlive: true,
    maxSockets: socketsPerHost,
    maxFreeSockets: socketsPerHost,
    scheduling: 'lifo',
  } as const;
  const httpsAgent = new ProxiedHttpsAgent(options, routes);
  const httpAgent = new ProxiedHttpAgent(options, routes);

  const start = (
    url: URL,
    request: Request,
    settle: (client: http.ClientRequest, failure: (cause: unknown) => AppError) => void,
  ): void => {
    // Until it has a connection, a request hears of its end by the signal alone.
    const ending = new AbortController();
    const signal =
      request.signal === undefined ? ending.signal : AbortSignal.any([request.signal, ending.signal]);
    const options: https.RequestOptions & { [dialSignal]: AbortSignal } = {
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      agent: url.protocol === 'http:' ? httpAgent : httpsAgent,
      signal,
      [dialSignal]: signal,
    };
    const client = (url.protocol === 'http:' ? http : https).request(url, options);
    let overdue: AppError | undefined;
    settle(client, (cause) => {
      // A connection that is still being made ends with the signal, and knows nothing of why.
      if (overdue !== undefined) return overdue;
      return request.signal?.aborted === true
        ? cancelled(url, cause)
        : networkError(url, cause, isProxied(url));
    });
    const { onConnected } = request;
    if (onConnected !== undefined) {
      client.once('socket', (socket) => {
        // An agent hands over a proxied or reused connection when it stands already.
        if (!(socket instanceof TLSSocket) || socket.getProtocol() !== null) onConnected();
        else socket.once('secureConnect', onConnected);
      });
    }
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const timeout = setTimeout(() => {
      overdue = timeoutError(url, timeoutMs);
      client.destroy(overdue);
      ending.abort(overdue);
    }, timeoutMs);
    client.once('close', () => clearTimeout(timeout));
    client.end(request.body);
  };

  const isProxied = (url: URL) => {
    const scheme = url.protocol === 'http:' ? 'http' : 'https';
    return routes.route(scheme, { host: url.hostname, port: Number(url.port) }).kind !== 'direct';
  };

  return {
    troubles: routes.unusable.map(unusable),
    httpsAgent,
    httpAgent,
    request: (url, request = {}) =>
      new Promise((resolve, reject) => {
        start(url, request, (client, failure) => {
          client.on('error', (cause) => reject(failure(cause)));
          client.once('response', (response) => {
            collect(response, request.maxBytes).then(resolve, (cause: unknown) => reject(failure(cause)));
          });
        });
      }),
    upgrade: (url, request) =>
      new Promise((resolve, reject) => {
        start(url, request, (client, failure) => {
          client.on('error', (cause) => reject(failure(cause)));
          client.once('upgrade', (response, socket, head) => {
            resolve({ kind: 'upgraded', socket, headers: response.headers, head });
          });
          client.once('response', (response) => {
            collect(response).then(
              (answer) => resolve({ kind: 'answered', answer }),
              (cause: unknown) => reject(failure(cause)),
            );
          });
        });
      }),
    reset() {
      for (const { freeSockets } of [httpsAgent, httpAgent]) {
        for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
      }
    },
  };
}

async function collect(response: http.IncomingMessage, maxBytes = Infinity): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length > maxBytes)
      throw new AppError('bad-input', `The answer is longer than ${maxBytes} bytes.`, {
        hint: 'Check the address: something else may answer there.',
      });
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

function timeoutError(url: URL, ms: number): AppError {
  return new AppError('timeout', `${url.host} did not answer within ${Math.round(ms / 1000)} s.`, {
    hint: 'Check your network connection.',
    retryable: true,
  });
}

function cancelled({ host }: { readonly host: string }, cause: unknown): AppError {
  return new AppError('cancelled', `The request to ${host} was cancelled.`, { cause });
}

/** Codes of OpenSSL and BoringSSL that mean: the chain does not end in an authority we know. */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Any failure of a connection as ours; `url` names the host. For the SDKs that connect through our agents too. */
export function networkError(url: { readonly host: string }, cause: unknown, proxied = false): AppError {
  if (cause instanceof AppError) return cause;
  const errno = errnoOf(cause);
  if (errno === 'ABORT_ERR') return cancelled(url, cause);
  if (errno !== undefined && untrusted.has(errno)) {
    return new AppError(
      'network-untrusted',
      `${url.host} shows a certificate that this computer does not trust (${errno}).`,
      {
        hint: "If your organisation inspects TLS, point NODE_EXTRA_CA_CERTS at its authority's PEM file.",
        cause,
      },
    );
  }
  return new AppError(
    'network-unreachable',
    `${url.host} cannot be reached (${errno ?? 'connection closed'}).`,
    {
      hint: proxied
        ? 'Check your network connection, HTTPS_PROXY and NO_PROXY.'
        : 'Check your network connection.',
      retryable: true,
      cause,
    },
  );
}
