import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { Environment } from '../parts.ts';
import { type AnswerBudget, createAnswerBudget } from './answer-budget.ts';
import { readBody } from './body.ts';
import { type ClockParts, type ClockSkew, createClockWatch } from './clock-skew.ts';
import { checkJson } from './json-shape.ts';
import { answerBytes, answersBytes, pageBytes } from './limits.ts';
import { cancelled, networkError, timeoutError } from './network-error.ts';
import { dialSignal, ProxiedHttpAgent, ProxiedHttpsAgent, unusable } from './proxy/agents.ts';
import { openConnection } from './proxy/connection.ts';
import { proxyRoutes, type Target } from './proxy/routes.ts';

/**
 * An HTTP answer with its body decoded. Redirects are never followed: Access's are answers. The body of an unsuccessful
 * answer (redirects, errors, login pages) is cut after 64 KB.
 */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a server's own configuration says of TLS, in place of the CA certificates of `trustAuthorities`. */
export type RequestTls = Pick<
  https.RequestOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
>;

export interface Request {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** The limit for the whole exchange, to the last byte of the answer. 20 s where undefined. */
  readonly timeoutMs?: number;
  /** A longer answer is refused with `answer-refused`. 32 MB where undefined. */
  readonly maxBytes?: number;
  /** Expects only a page for people, whatever the status: it is cut after 64 KB. */
  readonly page?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly tls?: RequestTls | undefined;
  /** Called when the connection to the host is established (TLS done), before the request is answered. */
  readonly onConnected?: () => void;
}

/** The result of an upgrade request: the raw connection, or the normal answer that the server gave instead. */
export type Upgrade =
  | {
      readonly kind: 'upgraded';
      readonly socket: Duplex;
      readonly headers: http.IncomingHttpHeaders;
      readonly head: Buffer;
    }
  | { readonly kind: 'answered'; readonly answer: Answer };

/**
 * The only way out of the process. Uses the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name,
 * and the CA certificates of `trustAuthorities`.
 */
export interface Network {
  /** The errors in the proxy variables: the hosts that they apply to cannot be reached. */
  readonly troubles: readonly AppError[];
  /** Keep-alive agents to pass to SDKs. */
  readonly httpsAgent: https.Agent;
  readonly httpAgent: http.Agent;
  /** Returns how far this computer's clock is from those of the servers that have answered over TLS. */
  clockSkew(): ClockSkew | undefined;
  /**
   * Sends a request. Rejects with `network-unreachable`, `network-proxy`, `network-untrusted`, `timeout`, `cancelled`,
   * or with `answer-refused` if the answer is too long, is not HTTP, or is JSON that would take too much memory.
   */
  request(url: URL, request?: Request): Promise<Answer>;
  /** Sends a request with `Connection: Upgrade` in its headers. Rejects as `request` does. */
  upgrade(url: URL, request: Request): Promise<Upgrade>;
  /** Opens a connection for TLS of the caller's own. Rejects as `openConnection` does. */
  connect(target: Target, signal: AbortSignal): Promise<Socket>;
  /** Closes idle connections: after a change of network they may be dead. Running requests have their own timeout. */
  reset(): void;
}

const defaultTimeoutMs = 20_000;

/** More than any source has in flight at once: a request that waits for a connection waits a whole round trip. */
const socketsPerHost = 1024;

export function createNetwork(env: Environment, clock: ClockParts = {}): Network {
  const routes = proxyRoutes(env);
  const options = {
    keepAlive: true,
    maxSockets: socketsPerHost,
    maxFreeSockets: socketsPerHost,
    scheduling: 'lifo',
  } as const;
  const clockWatch = createClockWatch(clock);
  const httpsAgent = new ProxiedHttpsAgent(options, routes, clockWatch.follow);
  const httpAgent = new ProxiedHttpAgent(options, routes);
  const budget = createAnswerBudget(answersBytes);

  const start = (
    url: URL,
    request: Request,
    fail: (error: AppError) => void,
    settle: (client: http.ClientRequest, failure: (cause: unknown) => AppError) => void,
  ): void => {
    // Until a request has a connection, only the signal can end it.
    const ending = new AbortController();
    const signal =
      request.signal === undefined ? ending.signal : AbortSignal.any([request.signal, ending.signal]);
    const options: https.RequestOptions & { [dialSignal]: AbortSignal } = {
      ...request.tls,
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      agent: url.protocol === 'http:' ? httpAgent : httpsAgent,
      signal,
      [dialSignal]: signal,
    };
    const client = (url.protocol === 'http:' ? http : https).request(url, options);
    settle(client, (cause) =>
      // A connection that is still being opened ends with the signal, and does not know why.
      request.signal?.aborted === true ? cancelled(url, cause) : networkError(url, cause, isProxied(url)),
    );
    const { onConnected } = request;
    if (onConnected !== undefined) {
      client.once('socket', (socket) => {
        // An agent passes on a proxied or reused connection after it is established.
        if (!(socket instanceof TLSSocket) || socket.getProtocol() !== null) onConnected();
        else socket.once('secureConnect', onConnected);
      });
    }
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const timeout = setTimeout(() => {
      const error = timeoutError(url, timeoutMs);
      // Report this first: an answer that has begun would be treated as cut off, and a connection that is still being
      // opened ends with the signal, which does not know why.
      fail(error);
      client.destroy(error);
      ending.abort(error);
    }, timeoutMs);
    client.once('close', () => clearTimeout(timeout));
    client.end(request.body);
  };

  const isProxied = (url: URL) => {
    const scheme = url.protocol === 'http:' ? 'http' : 'https';
    return routes.route(scheme, { host: url.hostname, port: Number(url.port) }).kind !== 'direct';
  };

  /** As `start`, but sends a request again on another connection if it was too late for a kept one. */
  const startFresh: typeof start = (url, request, fail, settle) => {
    start(url, request, fail, (client, failure) => {
      settle(client, failure);
      let isAnswered = false;
      for (const sign of ['information', 'response', 'upgrade'])
        client.once(sign, () => {
          isAnswered = true;
        });
      // `on`: a second error without a listener would end the process.
      client.on('error', (cause) => {
        if (isAnswered || !isStale(client, request, cause)) fail(failure(cause));
        else startFresh(url, request, fail, settle);
      });
    });
  };

  return {
    troubles: routes.unusable.map(unusable),
    httpsAgent,
    httpAgent,
    clockSkew: clockWatch.skew,
    request: (url, request = {}) =>
      new Promise((resolve, reject) => {
        startFresh(url, request, reject, (client, failure) => {
          // Without this, Node closes such a request with neither a response nor an error.
          client.once('upgrade', (_, socket) => {
            socket.destroy();
            reject(switched(url));
          });
          client.once('response', (response) => {
            collect(url, response, budget, request).then(resolve, (cause: unknown) => {
              client.destroy();
              reject(failure(cause));
            });
          });
        });
      }),
    upgrade: (url, request) =>
      new Promise((resolve, reject) => {
        startFresh(url, request, reject, (client, failure) => {
          client.once('upgrade', (response, socket, head) => {
            // An `error` event without a listener ends the process, and this socket can fail before its owner listens.
            socket.on('error', () => {});
            resolve({ kind: 'upgraded', socket, headers: response.headers, head });
          });
          client.once('response', (response) => {
            collect(url, response, budget, { page: true }).then(
              (answer) => resolve({ kind: 'answered', answer }),
              (cause: unknown) => reject(failure(cause)),
            );
          });
        });
      }),
    connect: (target, signal) => openConnection({ routes, target, signal }),
    reset() {
      for (const { freeSockets } of [httpsAgent, httpAgent]) {
        for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
      }
    },
  };
}

async function collect(
  { host }: URL,
  response: http.IncomingMessage,
  budget: AnswerBudget,
  { maxBytes = answerBytes, page = false }: Pick<Request, 'maxBytes' | 'page'>,
): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const isPage = page || status < 200 || status > 299;
  const body = await readBody({
    host,
    response,
    budget,
    maxBytes: isPage ? pageBytes : maxBytes,
    cut: isPage,
  });
  if (!isPage) checkJson(body, host);
  return { status, headers, body };
}

function switched({ host }: URL): AppError {
  return new AppError('answer-refused', `${host} switched to another protocol without a request.`, {
    hint: 'Check the address: something else may answer there.',
  });
}

/**
 * Returns true if a server closed a kept connection while this request was on its way. Such a request may be sent again
 * if it changes nothing (RFC 9110, 9.2.2).
 */
function isStale(client: http.ClientRequest, { method = 'GET', signal }: Request, cause: unknown): boolean {
  const isSafe = method === 'GET' || method === 'HEAD';
  const isClosed = ['ECONNRESET', 'EPIPE'].includes(errnoOf(cause) ?? '');
  return client.reusedSocket && isSafe && isClosed && signal?.aborted !== true;
}
