import type { Socket } from 'node:net';
import { type Served, serveMessages } from '../serve-messages.ts';
import { readLines, writeLine } from './lines.ts';
import { newNonce, proofOf, protocol } from './proof.ts';

const handshakeTimeoutMs = 5_000;

/** Serves one connection: the handshake (see proof.ts), then messages as lines of JSON until it ends. */
export function serveConnection(
  socket: Socket,
  options: {
    readonly secret: string;
    readonly version: string;
    readonly served: Served | Promise<Served>;
  },
): void {
  const { secret, version, served } = options;
  const messages = serveMessages({ served, send: (message) => writeLine(socket, message) });
  const nonce = newNonce();
  let clientNonce: string | undefined;
  let proven = false;
  const timeout = setTimeout(() => socket.destroy(), handshakeTimeoutMs);

  socket.on('error', () => {});
  socket.once('close', () => {
    clearTimeout(timeout);
    messages.end();
  });

  const greet = (message: Record<string, unknown>): void => {
    if (clientNonce === undefined) {
      if (message.hello !== 'k8s-tunnels' || typeof message.nonce !== 'string') {
        socket.destroy();
        return;
      }
      clientNonce = message.nonce;
      writeLine(socket, {
        hello: 'k8s-tunnels',
        protocol,
        version,
        pid: process.pid,
        nonce,
        proof: proofOf(secret, 'agent', nonce, clientNonce),
      });
      return;
    }
    // One try for each nonce: how long the comparison takes tells nobody anything.
    if (message.proof !== proofOf(secret, 'client', nonce, clientNonce)) {
      socket.destroy();
      return;
    }
    proven = true;
    clearTimeout(timeout);
  };

  readLines(socket, (message) => {
    if (typeof message !== 'object' || message === null) socket.destroy();
    else if (proven) messages.receive(message);
    else greet(message as Record<string, unknown>);
  });
}
