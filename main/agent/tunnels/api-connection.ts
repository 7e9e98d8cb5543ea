import http from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { pageBytes, sizeText } from '../network/limits.ts';
import { networkError, tlsReason } from '../network/network-error.ts';
import { userAgent } from '../version.ts';
import type { Target } from './admission.ts';
import type { Front } from './front.ts';
import { refusedByGoogle } from './google-front.ts';

export interface ApiServer {
  readonly target: Target;
  /** Another hostname of the same server, for a far end that does not know the first one. */
  readonly otherHost?: string | undefined;
  /** PEM of the cluster's certificate authority. The system's authorities are used where undefined. */
  readonly authority: string | undefined;
  /** The name for SNI and certificate verification, if it differs from the target's host. */
  readonly serverName: string | undefined;
  /** The path below which it serves its API, without a slash at the end. */
  readonly path?: string;
  /** What is in front of it, if anything is. */
  readonly front?: Front;
}

/** Returns the host that requests to the server name. */
function authorityOf({ target: { host, port }, front }: ApiServer): string {
  return front?.authority ?? `${host}:${port}`;
}

/** The user's certificate and its key, both PEM. */
interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Opens TLS to the API server over `stream`. Rejects with `kube-untrusted`, `origin-failed`, `timeout` or the error of
 * `stream`.
 */
export function secureStream(
  stream: Duplex,
  server: ApiServer,
  limit: { readonly signal: AbortSignal; readonly ms: number },
  how: {
    /** The protocols to offer. HTTP/1.1 where undefined. */
    readonly protocols?: readonly string[];
    readonly certificate?: ClientCertificate | undefined;
  } = {},
): Promise<tls.TLSSocket> {
  const { host, port } = server.target;
  const { signal, ms } = limit;
  return new Promise((resolve, reject) => {
    const secure = tls.connect({
      socket: stream,
      // SNI cannot hold an IP address. The certificate is still checked for it.
      servername: server.serverName ?? (isIP(host) === 0 ? host : ''),
      host: server.serverName ?? host,
      ALPNProtocols: [...(how.protocols ?? ['http/1.1'])],
      secureContext: contextOf(server, how.certificate),
    });
    const abort = () => secure.destroy(timedOut(`${host}:${port}`, ms));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      resolve(secure);
    });
    // The stream's own error says more than TLS's "disconnected before secure connection".
    stream.on('error', (error) => reject(error));
    secure.on('error', (cause) => reject(cause instanceof AppError ? cause : tlsError(server, cause)));
  });
}

const contexts = new WeakMap<ApiServer, tls.SecureContext>();

/** Returns the TLS context of a server, the same for all its connections: creating one parses its authorities again. */
function contextOf(server: ApiServer, client: ClientCertificate | undefined): tls.SecureContext {
  const known = client === undefined ? contexts.get(server) : undefined;
  if (known !== undefined) return known;
  const context = tls.createSecureContext({
    ...(server.authority === undefined ? {} : { ca: server.authority }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
  if (client === undefined) contexts.set(server, context);
  return context;
}

function tlsError({ target: { host, port }, front }: ApiServer, cause: Error): AppError {
  const errno = errnoOf(cause);
  // TLS is that of the hostname, not the cluster's.
  if (front?.authority !== undefined) return networkError({ host: front.authority }, cause);
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
    `${host}:${port} shows a certificate that is not trusted for the cluster (${tlsReason(cause)}).`,
    {
      hint: "The catalog's certificate authority may be out of date: run `k8s-tunnels discover`, then ask the cluster's owner.",
      cause,
    },
  );
}

/** The API server's answer to GET /readyz. */
export interface Readiness {
  /** Undefined if the API server is ready. */
  readonly failure: AppError | undefined;
  /** True if the API server leaves the connection open for the next request. */
  readonly isKept: boolean;
}

/**
 * Requests /readyz over a connection, which stays open for the next request if `keep` is set. Accepts any answer of a
 * Kubernetes API server except a server error: anonymous callers may get 401 or 403. A 403 of Google's front end is not
 * the API server's; an answer whose headers or body do not end comes from something else.
 * Rejects with `kube-unready`, or with `timeout` if there is no answer. The connection is unusable then.
 */
export async function askReady(options: {
  readonly secure: tls.TLSSocket;
  readonly server: ApiServer;
  readonly signal: AbortSignal;
  /** The limit of the signal, for the message when it aborts. */
  readonly limitMs: number;
  readonly keep: boolean;
  /** True if a pass was renewed already. */
  readonly isRenewed?: boolean;
}): Promise<Readiness> {
  const { secure, server, signal, limitMs, keep } = options;
  const { host, port } = server.target;
  const pass = await server.front?.pass(signal);
  const answer = await new Promise<{
    readonly status: number;
    readonly headers: http.IncomingHttpHeaders;
    readonly isKept: boolean;
    readonly body: string;
  }>((resolve, reject) => {
    const request = http.request({
      createConnection: () => secure,
      path: `${server.path ?? ''}/readyz`,
      headers: {
        host: authorityOf(server),
        'user-agent': userAgent,
        connection: keep ? 'keep-alive' : 'close',
        ...Object.fromEntries(pass?.fields ?? []),
      },
    });
    const fail = (error: AppError) => {
      // Reject before the connection ends: its end would count as the end of the answer.
      reject(error);
      request.destroy();
    };
    const abort = () => fail(timedOut(`${host}:${port}`, limitMs));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    request.once('response', (response) => {
      let length = 0;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        // Reads the body only if the server is not ready: otherwise the status is enough.
        if (response.statusCode === 403) chunks.push(chunk);
        if (length > pageBytes) fail(malformed(`${host}:${port}`, `larger than ${sizeText(pageBytes)}`));
      });
      response.on('error', () => {});
      // The status counts, even if the rest of the answer was cut off.
      response.once('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          isKept: keep && response.complete && request.shouldKeepAlive,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    // Without this, Node closes such a request with neither a response nor an error.
    request.once('upgrade', () => fail(malformed(`${host}:${port}`, 'that switches to another protocol')));
    request.on('error', (cause) => fail(readyError(`${host}:${port}`, cause)));
    request.once('close', () => signal.removeEventListener('abort', abort));
    request.end();
  });
  const { status, headers, isKept, body } = answer;
  const header = (name: string) => headers[name]?.toString();
  if ((await pass?.check({ status, header, body })) === 'renewed') {
    if (isKept && options.isRenewed !== true) return askReady({ ...options, isRenewed: true });
    return { failure: passRefused(authorityOf(server)), isKept: false };
  }
  const refused = refusedByGoogle({ status, body, where: `${host}:${port}` });
  if (status < 500 && status !== 429) return { failure: refused, isKept };
  const failure = new AppError(
    'kube-unready',
    `The API server at ${host}:${port} says that it is not ready (HTTP ${status}).`,
    { hint: "Wait a moment; if it lasts, ask the cluster's owner.", retryable: true },
  );
  return { failure, isKept };
}

/** Creates the error for a pass that was refused and replaced. */
export function passRefused(authority: string): AppError {
  return new AppError('edge-failed', `${authority} refused the token of your session, which was replaced.`, {
    hint: 'Try again.',
    retryable: true,
  });
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

/** Formats a time limit: `8 s`, `1.5 s`. */
export function secondsText(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
