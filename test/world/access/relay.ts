import type { IncomingMessage } from 'node:http';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { edgeHeaders } from './answers.ts';

/** One WebSocket of a client with the TCP connection to the origin behind it. */
export interface Relay {
  readonly hostname: string;
  /** Cuts the connection with no close frame, as a drop of the network does. */
  drop(): void;
}

export interface RelayTimes {
  /** How often the origin's side pings; cloudflared does every 54 s. */
  readonly pingMs: number;
  /** After this long with nothing from the client and no data for it the edge hangs up; the real one's is 100 s. */
  readonly silentMs: number;
}

/** Answers the upgrade and carries bytes until either end closes. */
export interface RelayServer {
  open(options: {
    readonly request: IncomingMessage;
    readonly head: Buffer;
    readonly hostname: string;
    readonly origin: net.Socket;
    /** The longest message that the origin's side reads whole, see `messageLimits`. */
    readonly messageLimit: number;
    /** A message was longer and has lost its end. */
    readonly onTruncated: () => void;
  }): void;
  readonly relays: ReadonlySet<Relay>;
}

/**
 * cloudflared's origin side reads a message into a buffer of this many bytes and loses what is beyond
 * (`websocket.Conn.Read`; the buffers are those of `stream.Pipe` and `io.Copy`). Its own client never sends more.
 */
export const messageLimits = { tcp: 16 * 1024, socks: 32 * 1024 } as const;

export function createRelayServer(times: RelayTimes): RelayServer {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  server.on('headers', (headers) => {
    headers.push(...Object.entries(edgeHeaders()).map(([name, value]) => `${name}: ${value}`));
  });
  const relays = new Set<Relay>();
  return {
    relays,
    open({ request, head, hostname, origin, messageLimit, onTruncated }) {
      const socket = request.socket as TLSSocket;
      const relay = { hostname, drop: () => void socket.destroy() };
      // ws refuses a malformed handshake by itself (400, 426): the origin must not outlive that.
      socket.once('close', () => {
        relays.delete(relay);
        origin.destroySoon();
      });
      origin.on('error', () => socket.destroySoon());
      server.handleUpgrade(request, socket, head, (client) => {
        relays.add(relay);
        carry({ client, socket, origin, messageLimit, onTruncated });
        watch({ client, socket, origin, times });
      });
    },
  };
}

function carry(options: {
  readonly client: WebSocket;
  readonly socket: TLSSocket;
  readonly origin: net.Socket;
  readonly messageLimit: number;
  readonly onTruncated: () => void;
}): void {
  const { client, socket, origin, messageLimit, onTruncated } = options;
  client.on('message', (message, isBinary) => {
    // cloudflared reads binary frames and passes over text.
    if (!isBinary || !Buffer.isBuffer(message)) return;
    if (message.length > messageLimit) onTruncated();
    const taken = origin.write(message.subarray(0, messageLimit));
    // Messages that were read before the pause still arrive during it.
    if (!taken && !client.isPaused) {
      client.pause();
      origin.once('drain', () => client.resume());
    }
  });
  // Protocol errors: ws answers with the close frame (1002, 1009) and then closes.
  client.on('error', () => {});
  client.on('close', () => origin.destroySoon());

  origin.on('data', (chunk) => {
    client.send(chunk);
    if (socket.writableNeedDrain) {
      origin.pause();
      socket.once('drain', () => origin.resume());
    }
  });
  // A WebSocket has no half-close, and cloudflared sends no close frame: its stream ends, and the edge hangs up.
  origin.on('end', () => socket.destroySoon());
  origin.on('close', () => socket.destroySoon());
}

function watch(options: {
  readonly client: WebSocket;
  readonly socket: TLSSocket;
  readonly origin: net.Socket;
  readonly times: RelayTimes;
}): void {
  const { client, socket, origin, times } = options;
  const ping = setInterval(() => {
    if (client.readyState === client.OPEN) client.ping();
  }, times.pingMs);
  const silence = setTimeout(() => client.terminate(), times.silentMs);
  const heard = () => {
    silence.refresh();
  };
  client.on('message', heard).on('ping', heard).on('pong', heard);
  origin.on('data', heard);
  socket.once('close', () => {
    clearInterval(ping);
    clearTimeout(silence);
  });
}
