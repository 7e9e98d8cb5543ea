import type { Socket } from 'node:net';
import { type Served, serveMessages } from '../serve-messages.ts';
import { readLines, writeLine } from './lines.ts';
import { isNonce, isProof, newNonce, proofOf, protocol } from './proof.ts';

/** The total time a connection may take to prove itself. */
const handshakeMs = 5_000;
/** More than arrive at once when a thousand kubectl start together. Each buffers at most 64 KiB. */
const unprovenLimit = 1_024;

/**
 * Returns a function that serves a connection to the agent: the handshake (see proof.ts) with one attempt at the proof,
 * then messages as lines of JSON. If too many connections lack the proof, closes the oldest, because the user's own
 * prove themselves immediately.
 */
export function connectionServer(options: {
  readonly secret: string;
  readonly version: string;
  readonly served: Served | Promise<Served>;
  readonly limits?: { readonly handshakeMs: number; readonly unproven: number };
}): (socket: Socket) => void {
  const { secret, version, served, limits = { handshakeMs, unproven: unprovenLimit } } = options;
  const unproven = new Set<Socket>();

  return (socket) => {
    const messages = serveMessages({ served, send: (message) => writeLine(socket, message) });
    const nonce = newNonce();
    let clientNonce: string | undefined;
    let proven = false;
    unproven.add(socket);
    const [oldest] = unproven;
    if (oldest !== undefined && unproven.size > limits.unproven) {
      unproven.delete(oldest);
      oldest.destroy();
    }
    const timeout = setTimeout(() => socket.destroy(), limits.handshakeMs);
    const settle = () => {
      clearTimeout(timeout);
      unproven.delete(socket);
    };
    socket.on('error', () => {});
    socket.once('close', () => {
      settle();
      messages.end();
    });

    const greet = (message: Record<string, unknown>): void => {
      if (clientNonce === undefined) {
        // A client that returns our own nonce has not made one.
        if (message.hello !== 'k8s-tunnels' || !isNonce(message.nonce) || message.nonce === nonce) {
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
      proven = isProof(message.proof, proofOf(secret, 'client', nonce, clientNonce));
      if (proven) settle();
      else socket.destroy();
    };

    readLines(socket, {
      isProven: () => proven,
      receive(message) {
        if (typeof message !== 'object' || message === null) socket.destroy();
        else if (proven) messages.receive(message);
        else greet(message as Record<string, unknown>);
      },
    });
  };
}
