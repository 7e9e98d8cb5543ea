import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { parse } from 'yaml';
import { decodeProtobuf } from './protobuf.ts';
import { badRequest, type StatusError, unsupportedMediaType } from './status.ts';

/** One request and its answer, over HTTP/1.1 or HTTP/2: both have the calls that are used here. */
export interface Exchange {
  readonly request: Http2ServerRequest;
  /** The types of Node leave out `flushHeaders`, which both protocols have. */
  readonly response: Http2ServerResponse & Pick<ServerResponse, 'flushHeaders'>;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export function openExchange(request: Http2ServerRequest, response: Http2ServerResponse): Exchange {
  const url = new URL(request.url, 'https://kube');
  return {
    request,
    response: response as Exchange['response'],
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
  };
}

/** Starts an answer whose body is written piece by piece. */
export function startAnswer(exchange: Exchange, code: number, headers: Record<string, string>): void {
  exchange.response.writeHead(code, {
    'audit-id': randomUUID(),
    'cache-control': 'no-cache, private',
    ...headers,
  });
}

export function sendJson(
  exchange: Exchange,
  code: number,
  body: unknown,
  contentType = 'application/json',
): void {
  startAnswer(exchange, code, { 'content-type': contentType });
  exchange.response.end(`${JSON.stringify(body)}\n`);
}

export function sendText(
  exchange: Exchange,
  code: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  startAnswer(exchange, code, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  exchange.response.end(body);
}

export function sendStatus(exchange: Exchange, error: StatusError): void {
  sendJson(exchange, error.code, error.status);
}

/** The body, an empty object when there is none; rejects with 415 for an unknown encoding and 400 for bad JSON. */
export async function readBody(exchange: Exchange): Promise<Record<string, unknown>> {
  const contentType = exchange.request.headers['content-type'] ?? 'application/json';
  const body = await buffer(exchange.request);
  if (body.length === 0) return {};
  if (contentType.startsWith('application/vnd.kubernetes.protobuf')) {
    const decoded = decodeProtobuf(body);
    if (!decoded) throw unsupportedMediaType();
    return decoded;
  }
  const isYaml = /^application\/([\w-]+\+)?yaml\b/.test(contentType);
  if (!isYaml && !/^application\/([\w-]+\+)?json\b/.test(contentType)) throw unsupportedMediaType();
  try {
    if (isYaml) return parse(body.toString()) as Record<string, unknown>;
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch (error) {
    throw badRequest(`error decoding: ${error instanceof Error ? error.message : String(error)}`);
  }
}
