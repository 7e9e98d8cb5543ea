import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '../status.ts';

/** Whether a client asks for SPDY itself, as kubectl before 1.31 does and later ones after a refused WebSocket. */
export const asksForSpdy = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'spdy/3.1';

/**
 * Switches the connection to SPDY/3.1 and returns it; throws a refusal where the client offers no protocol of the server's
 * (k8s.io/apimachinery, `httpstream.Handshake`).
 */
export function acceptSpdy(given: {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Those of the server, the best first. */
  readonly protocols: readonly string[];
}): Duplex {
  const { request, socket, head, protocols } = given;
  const offered = [request.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((line) => line.split(/, */));
  const chosen = protocols.find((one) => offered.includes(one));
  if (chosen === undefined)
    throw badRequest(
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${protocols.join(' ')}]`,
    );
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return socket;
}
