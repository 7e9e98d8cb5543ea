import type { IncomingMessage, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Fields, fieldsOf, listOf, valuesOf } from './headers.ts';
import type { Status } from './status.ts';

/** One request of a client and its answer, over HTTP/1.1 or HTTP/2. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as they were sent. Begins with a slash, unless the client asked for something else. */
  readonly path: string;
  readonly fields: Fields;
  /** Undefined if the request has none. */
  readonly body: Readable | undefined;
  /** Aborts when the client has gone before its answer was complete. */
  readonly signal: AbortSignal;
  /** The client's connection. */
  readonly socket: TLSSocket;
  /** The protocol that an HTTP/1.1 client wants to speak from now on, in lower case. */
  readonly upgrade: string | undefined;
  /** Begins the answer, and sends its head at once. Undefined if it can have no body. */
  respond(status: number, fields: Fields): Writable | undefined;
  /** Answers with a Status. */
  refuse(status: Status): void;
  /** Breaks off an answer that has begun, so that the client sees that it is not complete. */
  breakOff(): void;
}

export function exchangeOverHttp1(request: IncomingMessage, response: ServerResponse): Exchange {
  const fields = fieldsOf(request.rawHeaders);
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  response.on('error', () => gone.abort());
  request.on('error', () => gone.abort());
  const respond: Exchange['respond'] = (status, given) => {
    response.writeHead(status, given.flat());
    response.flushHeaders();
    return response;
  };
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    fields,
    body: hasBody(fields) ? request : undefined,
    signal: gone.signal,
    socket: request.socket as TLSSocket,
    upgrade: undefined,
    respond,
    refuse({ code, body }) {
      if (response.headersSent) return;
      // A body that nobody has read would be taken for the next request.
      respond(code, [...statusFields(body), ['Connection', 'close']]);
      response.end(body);
    },
    breakOff: () => void response.destroy(),
  };
}

export function exchangeOverHttp2(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  given: { readonly raw: readonly string[]; readonly socket: TLSSocket },
): Exchange {
  const gone = new AbortController();
  stream.once('aborted', () => gone.abort()).on('error', () => gone.abort());
  stream.once('close', () => {
    if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) gone.abort();
  });
  const respond: Exchange['respond'] = (status, fields) => {
    if (stream.destroyed || stream.headersSent) return undefined;
    const answer: http2.OutgoingHttpHeaders = { ':status': status };
    for (const [name, value] of fields) {
      const lower = name.toLowerCase();
      const before = answer[lower];
      answer[lower] = before === undefined ? value : [...[before].flat().map(String), value];
    }
    stream.respond(answer);
    return stream.writableEnded ? undefined : stream;
  };
  return {
    method: headers[':method'] ?? '',
    path: headers[':path'] ?? '',
    fields: fieldsOf(given.raw).filter(([name]) => !name.startsWith(':')),
    body: stream.endAfterHeaders ? undefined : stream,
    signal: gone.signal,
    socket: given.socket,
    upgrade: undefined,
    respond,
    refuse({ code, body }) {
      respond(code, statusFields(body))?.end(body);
      // The rest of a body that nobody reads.
      stream.resume();
    },
    // `close` would end the answer as if it were complete.
    breakOff: () => void stream.destroy(new Error('The answer broke off.')),
  };
}

/** The request of a client that wants another protocol. It is answered on the raw connection. */
export function exchangeOfUpgrade(request: IncomingMessage, socket: TLSSocket): Exchange {
  const fields = fieldsOf(request.rawHeaders);
  const gone = new AbortController();
  socket.once('close', () => gone.abort()).on('error', () => gone.abort());
  let hasBegun = false;
  const respond: Exchange['respond'] = (status, given) => {
    hasBegun = true;
    const lines = given.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`HTTP/1.1 ${status} ${status === 101 ? 'Switching Protocols' : 'Refused'}\r\n${lines}\r\n`);
    return socket;
  };
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    fields,
    body: undefined,
    signal: gone.signal,
    socket,
    upgrade: hasBody(fields) ? '' : listOf(fields, 'upgrade').join(),
    respond,
    refuse({ code, body }) {
      if (hasBegun) return;
      respond(code, [...statusFields(body), ['Connection', 'close']])?.end(body);
    },
    breakOff: () => void socket.destroy(),
  };
}

function hasBody(fields: Fields): boolean {
  if (valuesOf(fields, 'transfer-encoding').length > 0) return true;
  return valuesOf(fields, 'content-length').some((length) => Number(length) !== 0);
}

function statusFields(body: string): Fields {
  return [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Cache-Control', 'no-cache, private'],
  ];
}
