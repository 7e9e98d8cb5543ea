import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../agent/parts.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { admit } from './gate.ts';
import { greet } from './greeting.ts';
import { pageHeaders } from './page-headers.ts';
import { closeCodes, fragmentOf, randomWord } from './proof.ts';
import { createSessions } from './sessions.ts';
import { carry, type OpenPageChannel } from './socket.ts';
import { type PageFiles, readStaticFile } from './static-file.ts';

/** The longest message of a page. Fits an order of 10,000 favourites. */
const messageLimitBytes = 1024 * 1024;
/** Limits of a connection until its page has proven its secret. */
const unprovenLimitBytes = 4 * 1024;
const unprovenLimitMs = 5_000;
/** The most simultaneous connections whose page has not proven its secret yet. */
const unprovenLimit = 16;
/**
 * The most simultaneous connections without proof, so that another account cannot use up this process's file
 * descriptors.
 */
const connectionLimit = 256;

export interface WebServer {
  readonly port: number;
  /** Issues an address that opens the window once, within 5 minutes. Secret. */
  issueAddress(): string;
  /** Ends every session and connection. */
  close(): Promise<void>;
}

/**
 * Serves the window's files on 127.0.0.1 and, beside them at `agent`, a WebSocket for a conversation with the agent.
 * Rejects with `port-busy` if `port` is in use.
 */
export async function startWebServer(options: {
  /** The built window. */
  readonly folder: string | PageFiles;
  readonly openChannel: OpenPageChannel;
  /** Returns true if the agent ended on request and was not killed: sessions end with it. Default: never. */
  readonly hasAgentQuit?: () => boolean;
  /** 0 or undefined: any free port. */
  readonly port?: number;
  readonly clock?: Pick<Clock, 'now' | 'timer'>;
}): Promise<WebServer> {
  const { folder, openChannel, hasAgentQuit = () => false, clock = systemClock } = options;
  const sessions = createSessions(clock);
  const path = `/${randomWord(6)}/`;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    void answer({ request, response, folder, admission: admit(request, { port, path, upgrade: false }) });
  });
  // Close the oldest connection, as on the ports of clusters: refusing the newest would let idle connections lock out
  // the
  // user's page.
  const connections = new Set<Duplex>();
  server.on('connection', (stream) => {
    connections.add(stream);
    stream.once('close', () => connections.delete(stream));
    const [oldest] = connections;
    if (connections.size > connectionLimit) oldest?.destroy();
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageLimitBytes,
    perMessageDeflate: false,
  });
  let unproven = 0;
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy());
    const admission = admit(request, { port, path, upgrade: true });
    if (admission.kind === 'refused') refuseUpgrade(stream, admission.status);
    else if (admission.name !== '/agent') refuseUpgrade(stream, 404);
    else if (unproven >= unprovenLimit) refuseUpgrade(stream, 503);
    else
      sockets.handleUpgrade(request, stream, head, (socket) => {
        unproven += 1;
        const settle = limitUnproven(stream, clock, () => {
          unproven -= 1;
        });
        greet(socket, sessions, (session) => {
          settle();
          connections.delete(stream);
          // The session's agent was asked to end: the page must not start the next one.
          if (session.hasBegun && hasAgentQuit()) sessions.end();
          if (sessions.isOpen(session))
            carry(socket, {
              session,
              openChannel,
              onAgentGone() {
                if (hasAgentQuit()) sessions.end();
              },
            });
          else socket.close(closeCodes.ended);
        });
      });
  });
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    issueAddress: () => `http://127.0.0.1:${port}${path}${fragmentOf(sessions.issue())}`,
    close: () =>
      new Promise((resolve) => {
        sessions.close();
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }),
  };
}

/** Destroys a connection that takes too long or sends too much. Returns a function that removes the limits. */
function limitUnproven(stream: Duplex, clock: Pick<Clock, 'timer'>, onSettled: () => void): () => void {
  let left = unprovenLimitBytes;
  const count = (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy();
  };
  const stop = clock.timer(unprovenLimitMs, () => stream.destroy());
  let isSettled = false;
  const settle = () => {
    if (isSettled) return;
    isSettled = true;
    stop();
    stream.off('data', count);
    onSettled();
  };
  stream.on('data', count);
  stream.once('close', settle);
  return settle;
}

async function answer(options: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly folder: string | PageFiles;
  readonly admission: ReturnType<typeof admit>;
}): Promise<void> {
  const { request, response, folder, admission } = options;
  const end = (status: number, headers: Record<string, string>, body: string | Buffer) =>
    response
      .writeHead(status, { ...pageHeaders, ...headers, 'Content-Length': Buffer.byteLength(body) })
      .end(request.method === 'HEAD' ? undefined : body);
  const text = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (admission.kind === 'refused') {
    end(
      admission.status,
      { ...text, ...(admission.status === 405 ? { Allow: 'GET, HEAD' } : {}) },
      admission.reason,
    );
    return;
  }
  const file = await readStaticFile(folder, admission.name);
  if (file === undefined) end(404, text, 'Not found.');
  else end(200, { 'Content-Type': file.type }, file.body);
}

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause) =>
      reject(
        new AppError(
          'port-busy',
          `127.0.0.1:${port} cannot be opened (${errnoOf(cause) ?? 'unknown error'}).`,
          {
            hint: 'Choose another port, or omit it to use a free one.',
            cause,
          },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
