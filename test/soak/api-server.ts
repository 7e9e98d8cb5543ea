import { createHash } from 'node:crypto';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KeyAndCertificate } from '../world/authority.ts';

const block = Buffer.alloc(64 * 1024, 'k8s-tunnels');

/** A stand-in for the API server of several clusters, whose answers show a lost, changed or repeated byte. */
export interface ApiServer {
  readonly port: number;
  /** Closes every connection without a word and is away for `ms`. */
  restart(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves `/readyz`; `/down?n=` (n bytes that hold their position, then their SHA-256); `/watch?ms=` (a numbered line
 * each `ms`, with the time at the server, until the client ends); `/up?rate=` (answers with length and SHA-256, and
 * reads `rate` bytes a second where given).
 */
export async function startApiServer({ key, certificate }: KeyAndCertificate): Promise<ApiServer> {
  const sockets = new Set<Duplex>();
  const server = https.createServer({ key, cert: certificate }, handle);
  server.requestTimeout = 0;
  // As kube-apiserver (`IdleTimeout` in k8s.io/apiserver, secure_serving.go). Node's own limit is 5 s.
  server.keepAliveTimeout = 90_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    port,
    close,
    async restart(ms) {
      await close();
      await new Promise((resolve) => setTimeout(resolve, ms));
      await listen(port);
    },
  };
}

function handle(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
  const number = (name: string) => Number(searchParams.get(name) ?? 0);
  if (pathname === '/readyz') response.end('ok');
  else if (pathname === '/down') sendBytes(response, number('n'));
  else if (pathname === '/watch') sendLines(response, number('ms'));
  else if (pathname === '/up') takeBytes(request, response, number('rate'));
  else response.writeHead(404).end();
}

function sendBytes(response: http.ServerResponse, length: number): void {
  response.writeHead(200, { 'content-length': length + 32 });
  const hash = createHash('sha256');
  let at = 0;
  const go = () => {
    while (at < length) {
      const chunk = Buffer.from(block.subarray(0, Math.min(block.length, length - at)));
      if (chunk.length >= 8) chunk.writeDoubleLE(at, 0);
      hash.update(chunk);
      at += chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', go);
        return;
      }
    }
    response.end(hash.digest());
  };
  go();
}

function sendLines(response: http.ServerResponse, ms: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  let line = 0;
  const tick = () => {
    response.write(`${JSON.stringify({ line, at: Date.now() })}\n`);
    line += 1;
  };
  const timer = setInterval(tick, ms);
  response.once('close', () => clearInterval(timer));
  tick();
}

function takeBytes(request: http.IncomingMessage, response: http.ServerResponse, rate: number): void {
  const hash = createHash('sha256');
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    length += chunk.length;
    if (rate === 0) return;
    request.pause();
    setTimeout(() => request.resume(), (chunk.length / rate) * 1000);
  });
  request.on('end', () => response.end(JSON.stringify({ length, sha: hash.digest('hex') })));
}
