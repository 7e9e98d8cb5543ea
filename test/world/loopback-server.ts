import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
} from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { KeyAndCertificate } from './authority.ts';
import { Echo } from './traffic.ts';

export interface LoopbackRequest {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type LoopbackAnswer =
  | {
      readonly kind: 'answer';
      readonly statusCode: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The connection is reset with no answer. */
  | { readonly kind: 'drop' };

export interface LoopbackServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or https. */
  readonly url: string;
  close(): Promise<void>;
}

/** A server on a free port of 127.0.0.1, plain http without `secure`. An error of the handler itself is answered 500 with its text. */
export async function startLoopbackServer(
  handle: (request: LoopbackRequest) => Promise<LoopbackAnswer>,
  secure?: KeyAndCertificate,
): Promise<LoopbackServer> {
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      if (carriesBody(request)) for await (const chunk of request) chunks.push(chunk);
      const answer = await handle({
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
      });
      if (answer.kind === 'drop') drop(request.socket);
      else response.writeHead(answer.statusCode, headersOf(answer)).end(answer.body);
    } catch (error) {
      if (response.headersSent || request.socket.destroyed) response.destroy();
      else if (error instanceof Echo) {
        const { headers, url: target = '' } = request;
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end(Echo.body({ headers, target, body: Buffer.concat(chunks).toString() }));
      } else response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    }
  };
  const server =
    secure === undefined
      ? http.createServer(listener)
      : https.createServer({ key: secure.key, cert: secure.certificate }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function carriesBody({ headers }: IncomingMessage): boolean {
  return 'content-length' in headers || 'transfer-encoding' in headers;
}

/** With its length, as the services have it: headers and body go out in one piece. */
function headersOf({ statusCode, headers, body }: LoopbackAnswer & { kind: 'answer' }): OutgoingHttpHeaders {
  return statusCode === 204 ? headers : { ...headers, 'content-length': Buffer.byteLength(body) };
}

function drop(socket: Socket): void {
  // What is encrypted cannot be reset.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
