import http from 'node:http';
import type http2 from 'node:http2';
import type tls from 'node:tls';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { endToEnd, type Fields, fieldsOf, listOf, valuesOf } from './headers.ts';
import type { Answer, Request } from './upstream.ts';

/** A connection on which client and server speak another protocol from now on. */
export interface Switched {
  readonly status: 101;
  readonly fields: Fields;
  readonly socket: tls.TLSSocket;
  /** What the server has sent after its answer. */
  readonly head: Buffer;
}

/** Sends a request on a shared HTTP/2 connection. */
export function overHttp2(
  { method, path, fields, body }: Request,
  on: {
    readonly session: http2.ClientHttp2Session;
    readonly authority: string;
    readonly signal: AbortSignal;
    readonly onClosed: () => void;
  },
): Promise<Answer> {
  const { session, authority, signal, onClosed } = on;
  return new Promise((resolve, reject) => {
    const headers: http2.OutgoingHttpHeaders = {
      ':method': method,
      ':path': path,
      ':scheme': 'https',
      ':authority': authority,
    };
    for (const [name, value] of fields) {
      const lower = name.toLowerCase();
      const before = headers[lower];
      headers[lower] = before === undefined ? value : [...[before].flat().map(String), value];
    }
    let stream: http2.ClientHttp2Stream;
    try {
      stream = session.request(headers, { endStream: body === undefined });
    } catch (cause) {
      onClosed();
      reject(unsendable(cause, authority));
      return;
    }
    // `close` would end a body as if it were complete.
    const abort = () => stream.destroy(cancelled());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    stream.once('response', (answered, _flags, raw?: unknown) => {
      // Node throws away what nobody has begun to read when the stream closes.
      stream.pause();
      const given = Array.isArray(raw) ? fieldsOf(raw as string[]) : pairs(answered);
      resolve({ status: answered[':status'] ?? 502, fields: endToEnd(given), body: stream });
    });
    stream.on('error', (cause) => reject(failed(cause, authority)));
    stream.once('close', () => {
      signal.removeEventListener('abort', abort);
      onClosed();
      reject(failed(undefined, authority));
    });
    sendBody(body, stream);
  });
}

/** Sends a request on a connection of an agent's, to a server that does not speak HTTP/2. */
export function overHttp1(
  request: Request,
  on: { readonly agent: http.Agent; readonly authority: string; readonly signal: AbortSignal },
): Promise<Answer> {
  const { agent, authority, signal } = on;
  return new Promise((resolve, reject) => {
    const sent = sendHttp1(request, { agent, authority, signal, fields: [] }, reject);
    sent?.once('response', (response) => resolve(answerOf(response)));
    sent?.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(failed(undefined, authority));
    });
  });
}

/**
 * Asks a server to switch to `protocol` on a connection that nothing else uses. Resolves with its answer if it does not,
 * and rejects if it switches to anything else.
 */
export function switchProtocol(
  request: Request,
  on: {
    readonly secure: tls.TLSSocket;
    readonly authority: string;
    readonly protocol: string;
    readonly signal: AbortSignal;
  },
): Promise<Switched | Answer> {
  const { secure, authority, protocol, signal } = on;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const fail = (error: unknown) => {
      if (isSettled) return;
      secure.destroy();
      reject(error);
    };
    const fields = [
      ['Connection', 'Upgrade'],
      ['Upgrade', protocol],
    ] as const;
    const sent = sendHttp1(request, { createConnection: () => secure, authority, signal, fields }, fail);
    sent?.once('response', (response) => {
      isSettled = true;
      response.once('close', () => secure.destroy());
      resolve(answerOf(response));
    });
    sent?.once('upgrade', (response, _socket, head) => {
      const given = fieldsOf(response.rawHeaders);
      if (response.statusCode !== 101 || listOf(given, 'upgrade').join() !== protocol.toLowerCase()) {
        fail(failed(undefined, authority));
        return;
      }
      isSettled = true;
      const upgrade = [
        ['Connection', 'Upgrade'],
        ['Upgrade', valuesOf(given, 'upgrade')[0] ?? protocol],
      ] as const;
      resolve({ status: 101, fields: [...upgrade, ...endToEnd(given)], socket: secure, head });
    });
  });
}

function sendHttp1(
  { method, path, fields, body }: Request,
  on: {
    readonly agent?: http.Agent;
    readonly createConnection?: () => tls.TLSSocket;
    readonly authority: string;
    readonly signal: AbortSignal;
    readonly fields: Fields;
  },
  reject: (error: unknown) => void,
): http.ClientRequest | undefined {
  const { agent, createConnection, authority, signal } = on;
  const hasLength = valuesOf(fields, 'content-length').length > 0;
  // Node frames a body of GET or DELETE without a length not at all: its bytes would be the next request.
  const framing = body === undefined || hasLength ? [] : [['Transfer-Encoding', 'chunked'] as const];
  const all = [['Host', authority] as const, ...fields, ...framing, ...on.fields];
  let sent: http.ClientRequest;
  try {
    sent = http.request({
      ...(agent === undefined ? {} : { agent }),
      ...(createConnection === undefined ? {} : { createConnection }),
      insecureHTTPParser: false,
      setHost: false,
      method,
      path,
      headers: all.flat(),
    });
  } catch (cause) {
    reject(unsendable(cause, authority));
    return undefined;
  }
  const abort = () => sent.destroy(cancelled());
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  sent.on('error', (cause) => reject(failed(cause, authority)));
  sent.once('close', () => {
    signal.removeEventListener('abort', abort);
    reject(failed(undefined, authority));
  });
  sendBody(body, sent);
  return sent;
}

function sendBody(body: Request['body'], to: http.ClientRequest | http2.ClientHttp2Stream): void {
  if (body === undefined) {
    if (!to.writableEnded) to.end();
    return;
  }
  body.pipe(to);
  // A body that breaks off must not look like one that is complete.
  const cut = () => {
    if (!body.readableEnded) to.destroy(cancelled());
  };
  body.once('error', cut).once('aborted', cut).once('close', cut);
  to.once('close', () => {
    body.unpipe(to);
    body.resume();
  });
}

function cancelled(): AppError {
  return new AppError('cancelled', 'The client went away.');
}

function answerOf(response: http.IncomingMessage): Answer {
  return {
    status: response.statusCode ?? 502,
    fields: endToEnd(fieldsOf(response.rawHeaders)),
    body: response,
  };
}

function pairs(headers: http2.IncomingHttpHeaders): Fields {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => [name, String(one)] as const),
  );
}

/** Node throws for what no HTTP message can hold: control characters, an unknown method, a field twice that may be once. */
function unsendable(cause: unknown, authority: string): AppError {
  if (cause instanceof AppError) return cause;
  const code = errnoOf(cause) ?? '';
  const isClients = /^ERR_(?:INVALID|UNESCAPED|HTTP_INVALID|HTTP2_(?:HEADER|INVALID))/.test(code);
  return isClients
    ? new AppError('bad-input', `The request cannot be passed on to ${authority} (${code}).`, { cause })
    : failed(cause, authority);
}

function failed(cause: unknown, authority: string): AppError {
  if (cause instanceof AppError) return cause;
  const why = errnoOf(cause);
  return new AppError(
    'origin-failed',
    `The connection to ${authority} ended without an answer${why === undefined ? '' : ` (${why})`}.`,
    { hint: 'Try again; k8s-tunnels status shows whether the tunnel is up.', retryable: true, cause },
  );
}
