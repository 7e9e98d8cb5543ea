import http from 'node:http';
import type net from 'node:net';
import tls from 'node:tls';
import type { AccessApplication } from '../plan.ts';
import { type Exchange, send } from './answers.ts';

/** Reaches an application's origin. Rejects where it is down: the client is then answered 502. */
export type Dial = (application: AccessApplication, destination?: string) => Promise<net.Socket>;

/** What the edge keeps to itself. */
const ofEdge = /^(?:connection|keep-alive|upgrade|transfer-encoding|host|cf-access-.*|:.*)$/i;

const fieldsOf = (headers: http.IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofEdge.test(name)));

/** cloudflared with `service: https://kubernetes.default` and `noTLSVerify`: a request that passed the policy goes to the API. */
export async function publish(
  { request, response, url }: Exchange,
  dial: () => Promise<net.Socket>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const origin = await secured(dial).catch(() => undefined);
  if (origin === undefined) return send(response, 502, { text: 'error code: 502' });
  const onward = http.request({
    createConnection: () => origin,
    method: request.method,
    path: url.pathname + url.search,
    headers: {
      ...fieldsOf(request.headers),
      ...more,
      host: url.host,
      connection: 'close',
      ...(request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    },
  });
  onward.on('error', () =>
    response.headersSent ? response.destroy() : send(response, 502, { text: 'error code: 502' }),
  );
  onward.once('response', (answer) => {
    response.statusCode = answer.statusCode ?? 502;
    for (const [name, value] of Object.entries(fieldsOf(answer.headers)))
      if (value !== undefined) response.setHeader(name, value);
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  response.once('close', () => origin.destroy());
  request.pipe(onward);
}

/** A WebSocket, which the edge passes on as it comes. */
export async function publishUpgrade(
  { request, response, url }: Exchange,
  head: Buffer,
  dial: () => Promise<net.Socket>,
): Promise<void> {
  const origin = await secured(dial).catch(() => undefined);
  if (origin === undefined) return send(response, 502, { text: 'error code: 502' });
  const onward = http.request({
    createConnection: () => origin,
    path: url.pathname + url.search,
    headers: { ...fieldsOf(request.headers), host: url.host, connection: 'Upgrade', upgrade: 'websocket' },
  });
  onward.on('error', () => send(response, 502, { text: 'error code: 502' }));
  onward.once('response', (answer) => {
    response.statusCode = answer.statusCode ?? 502;
    for (const [name, value] of Object.entries(fieldsOf(answer.headers)))
      if (value !== undefined) response.setHeader(name, value);
    answer.pipe(response);
  });
  onward.once('upgrade', (answer, upstream, early) => {
    const client = request.socket;
    response.detachSocket(client);
    const lines = Object.entries({
      ...fieldsOf(answer.headers),
      connection: 'Upgrade',
      upgrade: 'websocket',
    });
    client.write(
      `HTTP/1.1 101 Switching Protocols\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
    if (early.length > 0) client.write(early);
    if (head.length > 0) upstream.write(head);
    client.pipe(upstream).pipe(client);
    upstream.on('error', () => client.destroy()).on('close', () => client.destroySoon());
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  });
  onward.end();
}

async function secured(dial: () => Promise<net.Socket>): Promise<tls.TLSSocket> {
  const socket = await dial();
  const secure = tls.connect({ socket, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve).once('error', reject);
  });
  secure.on('error', () => {});
  return secure;
}
