import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { AppError, errnoOf } from '../../agent/app-error.ts';
import { type Clock, systemClock } from '../../agent/parts.ts';
import type { OpenChannel } from '../channel.ts';
import { admit, tokenPath } from './gate.ts';
import { pageHeaders } from './page-headers.ts';
import { createSessions } from './sessions.ts';
import { carry } from './socket.ts';
import { type PageFiles, readStaticFile } from './static-file.ts';

/** The longest message of a page: an order of 10,000 favourites fits. */
const messageLimitBytes = 1024 * 1024;

export interface WebServer {
  readonly port: number;
  /** An address that opens the window once, within 5 minutes. Secret. */
  issueAddress(): string;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves the window's files, and at `/agent` a WebSocket that carries a conversation with the agent, on 127.0.0.1.
 * Rejects with `port-busy` when `port` is taken.
 */
export async function startWebServer(options: {
  /** Where the built window lies. */
  readonly folder: string | PageFiles;
  readonly openChannel: OpenChannel;
  /** 0 or left out: any free one. */
  readonly port?: number;
  readonly clock?: Pick<Clock, 'now'>;
}): Promise<WebServer> {
  const { folder, openChannel, clock = systemClock } = options;
  const sessions = createSessions(clock);
  const server = createServer((request, response) => {
    void answer({ request, response, folder, admission: admit(request, { port, sessions, upgrade: false }) });
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageLimitBytes,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy());
    const admission = admit(request, { port, sessions, upgrade: true });
    if (admission.kind === 'refused') refuseUpgrade(stream, admission.status);
    else if (request.url !== '/agent') refuseUpgrade(stream, 404);
    else sockets.handleUpgrade(request, stream, head, (socket) => carry(socket, openChannel));
  });
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    issueAddress: () => `http://127.0.0.1:${port}${tokenPath}${sessions.issue()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }),
  };
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
  } else if (admission.kind === 'opened') {
    const opened = { 'Set-Cookie': admission.cookie };
    // Led here by a page of ours on disk: a strict cookie is not sent with a redirect that another site began.
    if ((request.headers['sec-fetch-site'] ?? 'none') !== 'none')
      end(200, { ...opened, 'Content-Type': 'text/html; charset=utf-8' }, leadTo('/'));
    else end(303, { ...text, ...opened, Location: '/' }, '');
  } else {
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    const file = await readStaticFile(folder, pathname);
    if (file === undefined) end(404, text, 'Not found.');
    else end(200, { 'Content-Type': file.type }, file.body);
  }
}

/** A page that goes on to an address at once. */
export function leadTo(address: string): string {
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${address}"><title>k8s-tunnels</title>\n`;
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
            hint: 'Choose another port, or none: a free one is taken then.',
            cause,
          },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
