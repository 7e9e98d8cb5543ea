import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { FrameStream } from '../../../main/agent/tunnels/frame-stream.ts';

/** A server's frame, written apart from the code under test. */
export function serverFrame(
  code: number,
  payload: Buffer | string,
  { fin = true, bits = 0 }: { readonly fin?: boolean; readonly bits?: number } = {},
): Buffer {
  const body = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | bits | code;
  if (body.length < 126) return Buffer.concat([Buffer.from([first, body.length]), body]);
  const long = body.length > 65_535;
  const head = Buffer.alloc(long ? 10 : 4);
  head[0] = first;
  head[1] = long ? 127 : 126;
  if (long) head.writeBigUInt64BE(BigInt(body.length), 2);
  else head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

export interface Peer {
  /** Upgrades one connection: our end, the server's end, and the server's TCP socket. */
  open(): Promise<{ stream: FrameStream; socket: WebSocket; tcp: Socket; local: Socket }>;
  close(): Promise<void>;
}

/** A WebSocket server (`ws`) on loopback. */
export async function startPeer(): Promise<Peer> {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const streams: FrameStream[] = [];
  return {
    async open() {
      const arrived = once(sockets, 'connection');
      const client = http.get({
        port,
        host: '127.0.0.1',
        agent: false,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        },
      });
      const [, local, head] = (await once(client, 'upgrade')) as [unknown, Socket, Buffer];
      const stream = new FrameStream(local, head);
      streams.push(stream);
      const [socket, request] = (await arrived) as [WebSocket, http.IncomingMessage];
      return { stream, socket, tcp: request.socket, local };
    },
    close: () =>
      new Promise((resolve) => {
        for (const stream of streams) stream.destroy(new Error('The test is over.'));
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
