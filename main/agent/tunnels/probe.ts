import http from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { AppError, errnoOf } from '../app-error.ts';
import { pageBytes, sizeText } from '../network/limits.ts';
import type { Clock } from '../parts.ts';
import { userAgent } from '../version.ts';
import type { Target } from './admission.ts';
import type { Passed } from './connector.ts';
import { failureFrom } from './failure.ts';
import { type Failure, type Probe, type Stage, stageSchema } from './state.ts';

export interface ApiServer {
  readonly target: Target;
  /** PEM of the cluster's authority; the system's authorities when it has none of its own. */
  readonly authority: string | undefined;
  /** SNI and verification name, where it is not the target's host. */
  readonly serverName: string | undefined;
}

const timeoutMs = 8_000;

/**
 * Goes the whole way a kubectl request goes, and tells the latency of each stage or the stage that failed:
 * edge (TCP and TLS), Access (the upgrade), origin (SOCKS), TLS to the API server, GET /readyz.
 * Never rejects.
 */
export async function runProbe(options: {
  readonly clock: Clock;
  readonly server: ApiServer;
  /** Opens a connection as the gateway does, telling the stages it passes. */
  readonly dial: (signal: AbortSignal, passed: Passed) => Promise<Duplex>;
  readonly signal: AbortSignal;
}): Promise<
  { readonly ok: true; readonly probe: Probe } | { readonly ok: false; readonly failure: Failure }
> {
  const { clock, server, dial } = options;
  const at = clock.now();
  let last = performance.now();
  const stages: { stage: Stage; ms: number }[] = [];
  const passed = (stage: Stage) => {
    const now = performance.now();
    stages.push({ stage, ms: Math.round((now - last) * 10) / 10 });
    last = now;
  };
  let stream: Duplex | undefined;
  try {
    stream = await dial(options.signal, passed);
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
    const secure = await secureStream(stream, server, limit);
    passed('tls');
    await askReady(secure, server, limit);
    passed('readyz');
    return {
      ok: true,
      probe: { at, stages, totalMs: Math.round(stages.reduce((sum, { ms }) => sum + ms, 0)) },
    };
  } catch (error) {
    // Not every connector can tell all of them apart: it is the one after the last that passed.
    const done = stages.at(-1)?.stage;
    const next =
      stageSchema.options[done === undefined ? 0 : stageSchema.options.indexOf(done) + 1] ?? 'readyz';
    return { ok: false, failure: failureFrom(error, next) };
  } finally {
    stream?.destroy();
  }
}

function secureStream(stream: Duplex, server: ApiServer, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { host, port } = server.target;
  return new Promise((resolve, reject) => {
    const secure = tls.connect({
      socket: stream,
      // An address cannot stand in SNI; the certificate is still checked for it.
      servername: server.serverName ?? (isIP(host) === 0 ? host : ''),
      host: server.serverName ?? host,
      ALPNProtocols: ['http/1.1'],
      ...(server.authority === undefined ? {} : { ca: server.authority }),
    });
    const abort = () => secure.destroy(timedOut(`${host}:${port}`));
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

/**
 * Any answer of a Kubernetes API server will do but a server error: anonymous callers may get 401 or 403. One whose
 * headers or body do not end comes from something else.
 */
async function askReady(secure: tls.TLSSocket, server: ApiServer, signal: AbortSignal): Promise<void> {
  const { host, port } = server.target;
  const status = await new Promise<number>((resolve, reject) => {
    const request = http.request({
      createConnection: () => secure,
      path: '/readyz',
      headers: { host: `${host}:${port}`, 'user-agent': userAgent, connection: 'close' },
    });
    const fail = (error: AppError) => {
      // Before the connection ends, which would count as the end of the answer.
      reject(error);
      request.destroy();
    };
    const abort = () => fail(timedOut(`${host}:${port}`));
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
      response.once('close', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', (cause) => fail(readyError(`${host}:${port}`, cause)));
    request.once('close', () => signal.removeEventListener('abort', abort));
    request.end();
  });
  if (status >= 500 || status === 429) {
    throw new AppError(
      'kube-unready',
      `The API server at ${host}:${port} says that it is not ready (HTTP ${status}).`,
      {
        hint: "Wait a moment; if it lasts, ask the cluster's owner.",
        retryable: true,
      },
    );
  }
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

function timedOut(where: string): AppError {
  return new AppError('timeout', `${where} did not answer within ${timeoutMs / 1000} s.`, {
    hint: "Try again; if it lasts, ask the cluster's owner.",
    retryable: true,
  });
}
