import http from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { pageBytes, sizeText } from '../network/limits.ts';
import { userAgent } from '../version.ts';
import type { Target } from './admission.ts';

export interface ApiServer {
  readonly target: Target;
  /** PEM of the cluster's authority; the system's authorities when it has none of its own. */
  readonly authority: string | undefined;
  /** SNI and verification name, where it is not the target's host. */
  readonly serverName: string | undefined;
}

/** TLS to the API server over `stream`. Rejects with `kube-untrusted`, `origin-failed`, `timeout` or what `stream` met. */
export function secureStream(
  stream: Duplex,
  server: ApiServer,
  limit: { readonly signal: AbortSignal; readonly ms: number },
): Promise<tls.TLSSocket> {
  const { host, port } = server.target;
  const { signal, ms } = limit;
  return new Promise((resolve, reject) => {
    const secure = tls.connect({
      socket: stream,
      // An address cannot stand in SNI; the certificate is still checked for it.
      servername: server.serverName ?? (isIP(host) === 0 ? host : ''),
      host: server.serverName ?? host,
      ALPNProtocols: ['http/1.1'],
      ...(server.authority === undefined ? {} : { ca: server.authority }),
    });
    const abort = () => secure.destroy(timedOut(`${host}:${port}`, ms));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      resolve(secure);
    });
    // The stream's own failure says more than TLS's "disconnected before secure connection".
    stream.on('error', (error) => reject(error));
    secure.on('error', (cause) => reject(cause instanceof AppError ? cause : tlsError(server.target, cause)));
  });
}

function tlsError({ host, port }: Target, cause: Error): AppError {
  const errno = errnoOf(cause);
  if (errno === 'ECONNRESET' || errno === 'EPIPE' || errno === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new AppError('origin-failed', `The cluster's tunnel closed the connection to ${host}:${port}.`, {
      hint: "Its API server may be down: ask the cluster's owner.",
      retryable: true,
      cause,
    });
  }
  if (errno === 'CERT_HAS_EXPIRED' || errno === 'CERT_NOT_YET_VALID') {
    const what = errno === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new AppError('kube-untrusted', `The certificate of ${host}:${port} ${what} (${errno}).`, {
      hint: `Check the clock of this computer: it says ${new Date().toISOString()}. If that is right, ask the cluster's owner to renew the certificate.`,
      cause,
    });
  }
  return new AppError(
    'kube-untrusted',
    `What answers at ${host}:${port} does not show the cluster's certificate (${errno ?? cause.message}).`,
    {
      hint: "The catalog's certificate authority may be out of date: run `k8s-tunnels discover`, then ask the cluster's owner.",
      cause,
    },
  );
}

/** What the API server said to GET /readyz. */
export interface Readiness {
  /** Undefined when it is ready. */
  readonly failure: AppError | undefined;
  /** Whether it leaves the connection open for the next request. */
  readonly isKept: boolean;
}

/**
 * Asks for /readyz over a connection, which can be kept for the next request where `keep`. Any answer of a Kubernetes
 * API server will do but a server error: anonymous callers may get 401 or 403. One whose headers or body do not end
 * comes from something else.
 * Rejects with `kube-unready` or `timeout` where there is no answer; the connection is of no use then.
 */
export async function askReady(options: {
  readonly secure: tls.TLSSocket;
  readonly server: ApiServer;
  readonly signal: AbortSignal;
  /** Of the signal, for what is said when it aborts. */
  readonly limitMs: number;
  readonly keep: boolean;
}): Promise<Readiness> {
  const { secure, server, signal, limitMs, keep } = options;
  const { host, port } = server.target;
  const { status, isKept } = await new Promise<{ status: number; isKept: boolean }>((resolve, reject) => {
    const request = http.request({
      createConnection: () => secure,
      path: '/readyz',
      headers: {
        host: `${host}:${port}`,
        'user-agent': userAgent,
        connection: keep ? 'keep-alive' : 'close',
      },
    });
    const fail = (error: AppError) => {
      // Before the connection ends, which would count as the end of the answer.
      reject(error);
      request.destroy();
    };
    const abort = () => fail(timedOut(`${host}:${port}`, limitMs));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    request.once('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > pageBytes) fail(malformed(`${host}:${port}`, `larger than ${sizeText(pageBytes)}`));
      });
      response.on('error', () => {});
      // The status counts, also of an answer that was cut off.
      response.once('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          isKept: keep && response.complete && request.shouldKeepAlive,
        }),
      );
    });
    // Without this, Node closes such a request with neither a response nor an error.
    request.once('upgrade', () => fail(malformed(`${host}:${port}`, 'that switches to another protocol')));
    request.on('error', (cause) => fail(readyError(`${host}:${port}`, cause)));
    request.once('close', () => signal.removeEventListener('abort', abort));
    request.end();
  });
  if (status < 500 && status !== 429) return { failure: undefined, isKept };
  const failure = new AppError(
    'kube-unready',
    `The API server at ${host}:${port} says that it is not ready (HTTP ${status}).`,
    { hint: "Wait a moment; if it lasts, ask the cluster's owner.", retryable: true },
  );
  return { failure, isKept };
}

function readyError(where: string, cause: Error): AppError {
  if (cause instanceof AppError) return cause;
  const errno = errnoOf(cause);
  if (errno?.startsWith('HPE_')) return malformed(where, `that is not valid HTTP (${errno})`, cause);
  return new AppError('kube-unready', `${where} closed the connection without an answer.`, {
    hint: "The API server is overloaded or restarting: try again, then ask the cluster's owner.",
    retryable: true,
    cause,
  });
}

function malformed(where: string, why: string, cause?: Error): AppError {
  return new AppError('kube-unready', `${where} sent an answer ${why}.`, {
    hint: "Something other than the cluster's API server may answer there: ask the cluster's owner.",
    retryable: true,
    cause,
  });
}

function timedOut(where: string, ms: number): AppError {
  return new AppError('timeout', `${where} did not answer within ${secondsText(ms)}.`, {
    hint: "Try again; if it lasts, ask the cluster's owner.",
    retryable: true,
  });
}

/** A limit as it is shown: `8 s`, `1.5 s`. */
export function secondsText(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
