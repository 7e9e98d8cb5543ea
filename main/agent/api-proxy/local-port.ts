import http from 'node:http';
import http2 from 'node:http2';
import { createServer, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Gateway, Refusal } from '../tunnels/gateway.ts';
import { listenError } from '../tunnels/listen-error.ts';
import { connectionOf, ownPeer, portOf } from '../tunnels/own-peer.ts';
import type { Peer } from '../tunnels/peers/peer-table.ts';
import type { Peers } from '../tunnels/peers/peers.ts';
import type { Unproven } from '../tunnels/unproven.ts';
import { type Exchange, exchangeOfUpgrade, exchangeOverHttp1, exchangeOverHttp2 } from './exchange.ts';
import type { Grant } from './grants.ts';
import { bearerOf } from './headers.ts';
import type { LocalAuthority } from './local-authority.ts';
import { statusOf } from './status.ts';

/** How long a client may take from its connection to its first request with a valid secret. */
const proofTimeoutMs = 10_000;
/** Longer than any client keeps a connection for its next request (Go: 90 s), so that none meets the end of ours. */
const keepAliveMs = 10 * 60_000;
/** How long a connection whose secret has ended stays: the answer that says so is on its way. */
const graceMs = 50;
const backlog = 4_096;
const http2Settings = { enablePush: false, maxConcurrentStreams: 1_000, initialWindowSize: 1024 * 1024 };

/** A client's connection whose account may connect. */
interface Client {
  readonly peer: Peer | undefined;
  readonly isProven: () => void;
  /** The digests of the secrets that it has shown. */
  readonly grants: Set<string>;
  readonly isHeld: () => Promise<boolean>;
}

/** A request that has shown a valid secret. */
export interface Admitted {
  readonly exchange: Exchange;
  readonly grant: Grant;
  /** Resolves with true while a process holds the client's end of the connection. */
  readonly isHeld: () => Promise<boolean>;
}

export interface LocalPort extends Gateway {
  /** Closes the connections that have shown a secret for whose digest `isEnding` returns true. */
  end(isEnding: (digest: string) => boolean): void;
}

/**
 * The local end of a cluster with the entry form `tls`: one port on 127.0.0.1 that speaks HTTP/1.1 and HTTP/2 over TLS
 * to processes of this account alone, and answers 401 to every request without a valid secret.
 * Rejects as `openGateway` does.
 */
export async function openLocalPort(options: {
  readonly port: number;
  readonly authority: LocalAuthority;
  readonly peers: Peers;
  readonly unproven: Unproven;
  readonly check: (secret: string) => Grant | 'ended' | 'unknown';
  /** Answers an admitted request. Never rejects. */
  readonly serve: (admitted: Admitted) => Promise<void>;
  /** Answers a request with a secret that has ended. */
  readonly onEnded: (exchange: Exchange) => void;
  /** See `openGateway`. */
  readonly onRefused: (refusal: Refusal) => Promise<void>;
}): Promise<LocalPort> {
  const { port, authority, peers, unproven, check, serve, onEnded, onRefused } = options;
  const open = new Set<Socket>();
  const clients = new Map<TLSSocket, Client>();
  const closed = { sent: 0, received: 0 };

  const admit = async (exchange: Exchange): Promise<void> => {
    const client = clients.get(exchange.socket);
    if (client === undefined) return exchange.breakOff();
    const secret = bearerOf(exchange.fields);
    const grant = secret === undefined ? 'unknown' : check(secret);
    if (grant === 'ended') return onEnded(exchange);
    if (grant === 'unknown') {
      if (secret !== undefined) await onRefused({ reason: 'password', peer: client.peer });
      return exchange.refuse(
        statusOf(
          401,
          'k8s-tunnels: the token is missing or wrong. Restart the program, so that it reads its kubeconfig again.',
        ),
      );
    }
    client.isProven();
    client.grants.add(grant.digest);
    await serve({ exchange, grant, isHeld: client.isHeld });
  };

  const handle = (exchange: Exchange) => {
    admit(exchange).catch(() => exchange.breakOff());
  };
  const http1 = createHttp1(handle);

  const secured = (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') return void http1.emit('connection', socket);
    const session = http2.performServerHandshake(socket, { settings: http2Settings, maxSessionMemory: 256 });
    session.on('error', () => {});
    // HTTP/2 has no end of one direction: this client is gone, though nothing is written to it that would find that out.
    socket.once('end', () => socket.destroy());
    session.on('stream', (stream, headers, _flags, raw: string[]) => {
      handle(exchangeOverHttp2(stream, headers, { raw, socket }));
    });
  };

  /** Admitted connections whose TLS has not begun yet. */
  const admitted = new Map<string, Client>();
  const secure = tls.createServer({ ALPNProtocols: ['h2', 'http/1.1'], minVersion: 'TLSv1.2' });
  secure.on('secureConnection', (socket) => {
    const client = admitted.get(endOf(socket));
    if (client === undefined) return socket.destroy();
    clients.set(socket, client);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clients.delete(socket);
      closed.sent += socket.bytesRead;
      closed.received += socket.bytesWritten;
    });
    return secured(socket);
  });
  secure.on('tlsClientError', (_, socket) => socket.destroy());

  let current: string | undefined;
  const renewCertificate = async () => {
    const { key, certificate } = await authority.server();
    if (certificate !== current) secure.setSecureContext({ key, cert: certificate });
    current = certificate;
  };

  const accept = async (raw: Socket): Promise<void> => {
    const proven = unproven.add(port, raw);
    const timeout = setTimeout(() => raw.destroy(), proofTimeoutMs);
    timeout.unref();
    raw.once('close', () => clearTimeout(timeout));
    const peer = await ownPeer(raw, { port: portOf(server), peers, onRefused });
    if (peer === 'refused') return;
    await renewCertificate();
    if (raw.destroyed) return;
    const connection = connectionOf(raw, portOf(server));
    const end = endOf(raw);
    admitted.set(end, {
      peer,
      isProven() {
        clearTimeout(timeout);
        proven();
      },
      grants: new Set(),
      isHeld: async () => connection === undefined || !(await peers.hasEnded(connection)),
    });
    raw.once('close', () => admitted.delete(end));
    secure.emit('connection', raw);
  };

  // Paused: read nothing of a client into memory before its account is known.
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (raw) => {
    open.add(raw);
    raw.once('close', () => open.delete(raw));
    raw.on('error', () => {});
    accept(raw).catch(() => raw.destroy());
  });
  const destroyAll = () => {
    for (const raw of open) raw.destroy();
    for (const socket of clients.keys()) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    // Later errors belong to a connection that could not be accepted: the port stays open.
    server.on('error', (cause) => reject(listenError(port, cause)));
    server.listen({ host: '127.0.0.1', port, exclusive: true, backlog }, () => {
      resolve({
        port: portOf(server),
        traffic() {
          let { sent, received } = closed;
          for (const socket of clients.keys()) {
            sent += socket.bytesRead;
            received += socket.bytesWritten;
          }
          return { connections: open.size, sent, received };
        },
        cut: destroyAll,
        end(isEnding) {
          for (const [socket, { grants }] of clients)
            if ([...grants].some(isEnding)) setTimeout(() => socket.destroy(), graceMs);
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            destroyAll();
          }),
      });
    });
  });
}

/** Names the client's end of a connection: TLS gives another socket for the same one. */
const endOf = ({ remoteAddress = '', remotePort = 0 }: Socket) => `${remoteAddress} ${remotePort}`;

/** Parses HTTP/1.1 strictly, whatever options the process has: nothing that two parsers could read differently. */
function createHttp1(onExchange: (exchange: Exchange) => void): http.Server {
  const server = http.createServer({
    insecureHTTPParser: false,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: 0,
    headersTimeout: 0,
  });
  // Headers are limited by their size. A limit of their number drops those beyond it without an error.
  server.maxHeadersCount = 0;
  server.on('request', (request, response) => onExchange(exchangeOverHttp1(request, response)));
  server.on('upgrade', (request, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    onExchange(exchangeOfUpgrade(request, socket as TLSSocket));
  });
  server.on('connect', (request, socket) => {
    exchangeOfUpgrade(request, socket as TLSSocket).refuse(
      statusOf(405, 'k8s-tunnels: this port is no proxy for CONNECT.'),
    );
  });
  server.on('clientError', (_, socket) => {
    if (!socket.writable) return void socket.destroy();
    const { body } = statusOf(400, 'k8s-tunnels: this is not a valid HTTP request.');
    const head = [
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end(`HTTP/1.1 400 Bad Request\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  });
  return server;
}
