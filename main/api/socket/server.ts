import type { Socket } from 'node:net';
import type { Change, Snapshot } from '../../agent/agent-view.ts';
import { AppError, toPlainError } from '../../agent/app-error.ts';
import { dispatch, type Handlers } from '../dispatch.ts';
import { readLines, writeLine } from './lines.ts';
import { newNonce, proofOf, protocol, sameProof } from './proof.ts';

const handshakeTimeoutMs = 5_000;

/** What the transport takes from the agent for subscribers. */
export interface Feed {
  snapshot(): Snapshot;
  /** The answer ends it. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** What is behind the socket. */
export interface Served {
  readonly handlers: Handlers;
  readonly feed: Feed;
}

/**
 * Serves one connection. After the handshake (see proof.ts) messages are lines of JSON:
 * `{id, operation, input}` → `{id, output}` or `{id, error}`; `{id, cancel: true}` aborts a call;
 * `{id, subscribe: true}` → `{id, output: snapshot}`, then `{change}` until the connection ends.
 * A connection that ends aborts its calls. While `served` is pending (the agent starts) the handshake is made and calls
 * wait; when it rejects they are answered with that error.
 */
export function serveConnection(
  socket: Socket,
  options: {
    readonly secret: string;
    readonly version: string;
    readonly served: Served | Promise<Served>;
  },
): void {
  const { secret, version, served } = options;
  const calls = new Map<unknown, AbortController>();
  let unsubscribe: (() => void) | undefined;
  const nonce = newNonce();
  let clientNonce: string | undefined;
  let proven = false;
  const timeout = setTimeout(() => socket.destroy(), handshakeTimeoutMs);

  socket.on('error', () => {});
  socket.once('close', () => {
    clearTimeout(timeout);
    unsubscribe?.();
    for (const call of calls.values()) call.abort();
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
    if (!sameProof(message.proof, proofOf(secret, 'client', nonce, clientNonce))) {
      socket.destroy();
      return;
    }
    proven = true;
    clearTimeout(timeout);
  };

  const call = async (id: unknown, name: string, input: unknown): Promise<void> => {
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      const { handlers } = await served;
      writeLine(socket, { id, output: await dispatch(handlers, name, input, { signal: controller.signal }) });
    } catch (error) {
      writeLine(socket, { id, error: toPlainError(error) });
    } finally {
      calls.delete(id);
    }
  };

  const subscribe = async (id: unknown): Promise<void> => {
    try {
      const { feed } = await served;
      if (socket.destroyed) return;
      unsubscribe ??= feed.subscribe((change) => writeLine(socket, { change }));
      writeLine(socket, { id, output: feed.snapshot() });
    } catch (error) {
      writeLine(socket, { id, error: toPlainError(error) });
    }
  };

  const serve = (message: Record<string, unknown>): void => {
    const { id } = message;
    if (message.subscribe === true) void subscribe(id);
    else if (message.cancel === true) calls.get(id)?.abort();
    else if (typeof message.operation === 'string') void call(id, message.operation, message.input);
    else
      writeLine(socket, {
        id,
        error: toPlainError(new AppError('bad-input', 'A message must name an operation.')),
      });
  };

  readLines(socket, (message) => {
    if (typeof message !== 'object' || message === null) socket.destroy();
    else if (proven) serve(message as Record<string, unknown>);
    else greet(message as Record<string, unknown>);
  });
}
