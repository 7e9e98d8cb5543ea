import type { RawData, WebSocket } from 'ws';
import { toPlainError } from '../../agent/app-error.ts';
import type { OpenChannel } from '../channel.ts';
import type { ClientMessage } from '../serve-messages.ts';

/** Close codes of the WebSocket (RFC 6455, and IANA's registry for 1012). */
const codes = { unsupported: 1003, restart: 1012 } as const;

/**
 * Carries one page's conversation with the agent: each text frame is a message. Closes with 1012 when the agent has
 * gone (connecting again may find the next one), 1003 for a frame that is no JSON.
 */
export function carry(socket: WebSocket, openChannel: OpenChannel): void {
  const channel = openChannel({
    onMessage: (message) => socket.send(JSON.stringify(message)),
    onEnd: () => socket.close(codes.restart, 'The agent ended.'),
  });
  // A close reason holds 123 bytes at most, so only the code goes out.
  channel.catch((error: unknown) => socket.close(codes.restart, toPlainError(error).code));
  const whenOpen = (act: Parameters<typeof channel.then>[0]) => void channel.then(act, () => {});
  socket.on('error', () => {});
  socket.on('close', () => whenOpen(({ close }) => close()));
  socket.on('message', (data: RawData, isBinary) => {
    const message = isBinary ? undefined : parse(data.toString());
    if (message === undefined) socket.close(codes.unsupported);
    else whenOpen(({ send }) => send(message as ClientMessage));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
