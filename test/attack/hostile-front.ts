import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { KeyAndCertificate } from '../world/authority.ts';

/** What a server answers in place of the truth. */
export type Hostility = (response: ServerResponse) => void;

/** A front of a server of the world. It passes everything on, until it is turned hostile. */
export interface Front {
  readonly url: string;
  readonly port: number;
  /** Undefined: the truth again. */
  turn(hostility: Hostility | undefined): void;
  close(): void;
}

/** 16 MB in 16 KB. */
const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));

/** Sends `piece` for as long as somebody reads. Not by the response's own means: in answer to HEAD it sends no body. */
function flood(headers: readonly string[], piece: Buffer | string): Hostility {
  // In one piece with the first: whether the rest comes before the answer is read must not be left to chance.
  const start = Buffer.concat([
    Buffer.from(['HTTP/1.1 200 OK', ...headers, ''].join('\r\n')),
    Buffer.from(piece),
  ]);
  return ({ socket }) => {
    if (socket === null) return;
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    if (socket.write(start)) more();
  };
}

/** A body that never ends. */
export const endless = flood(['Content-Type: application/json', ''], Buffer.alloc(64 * 1024, '['));

/** A small body that decompresses without an end: one gzip member after the other. */
export const compressed = flood(['Content-Type: application/json', 'Content-Encoding: gzip', ''], bomb);

/** A body of a byte at a time: as an object each would take a hundred. */
export const crumbs = flood(['Transfer-Encoding: chunked', ''], '1\r\n \r\n'.repeat(10_000));

/** Headers that never end. */
export const endlessHeaders = flood([], `X-More: ${'y'.repeat(1000)}\r\n`.repeat(64));

/** 25 MB of JSON that would become a gigabyte of objects. */
export const manyValues: Hostility = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`{"clusters":[${'{},'.repeat(8_000_000)}{}]}`);
};

/** In front of `target`, an http address; with `secure` by TLS, and then the truth is nowhere: it is always hostile. */
export async function startFront(target: string | undefined, secure?: KeyAndCertificate): Promise<Front> {
  let hostility: Hostility | undefined;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {});
    if (hostility !== undefined) return hostility(response);
    if (target === undefined) return void response.writeHead(503).end();
    const { host, port } = new URL(target);
    const onward = http.request(
      { host: host.split(':')[0], port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server =
    secure === undefined
      ? http.createServer(handle)
      : https.createServer({ key: secure.key, cert: secure.certificate }, handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    turn(next) {
      hostility = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Detour {
  readonly url: string;
  /** Cuts the connections to one host, or all. */
  drop(host?: string): void;
  close(): void;
}

/** A CONNECT proxy that leads each host of `hosts` to a port of its own while there is one, and all else to `onward`. */
export async function startDetour(onward: string, hosts: ReadonlyMap<string, number>): Promise<Detour> {
  const server = http.createServer();
  const open = new Map<net.Socket, string>();
  const drop = (host?: string) => {
    for (const [client, to] of open) if (host === undefined || host === to) client.destroy();
  };
  server.on('connect', (request, client: net.Socket) => {
    const [host = ''] = (request.url ?? '').split(':');
    open.set(client, host);
    client.on('error', () => {});
    const own = hosts.get(host);
    const next = net.connect({ host: '127.0.0.1', port: own ?? Number(new URL(onward).port) });
    next.on('error', () => client.destroy());
    next.once('connect', () => {
      if (own === undefined) next.write(`CONNECT ${request.url} HTTP/1.1\r\nHost: ${request.url}\r\n\r\n`);
      else client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(next).pipe(client);
    });
    client.on('close', () => {
      open.delete(client);
      next.destroy();
    });
    next.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    drop,
    close() {
      drop();
      server.close();
    },
  };
}
