import type { RawData, WebSocket } from 'ws';
import { toPlainError } from '../../model/app-error.ts';
import type { OpenChannel } from '../channel.ts';
import type { AgentMessage, ClientMessage } from '../serve-messages.ts';
import { closeCodes } from './proof.ts';
import type { Session } from './sessions.ts';

/** A message to a page: the agent's, or whether a change waits for confirmation in the terminal. */
export type PageMessage = AgentMessage | { readonly confirmation: 'asked' | 'answered' };

/**
 * Opens a page's conversation with the agent. Calls `onConfirmation` while a change waits for the user's confirmation.
 */
export type OpenPageChannel = (
  listeners: Parameters<OpenChannel>[0] & {
    readonly onConfirmation: (state: 'asked' | 'answered') => void;
  },
) => ReturnType<OpenChannel>;

/**
 * Transports the conversation of a page that has proven its session. Each text frame is a message. Closes with 1012
 * when the agent has ended (a new connection may find the next one), 4401 when the session ends, and 1003 for a frame
 * that is not JSON.
 */
export function carry(
  socket: WebSocket,
  options: {
    readonly session: Session;
    readonly openChannel: OpenPageChannel;
    /** Called when the agent has ended. May end the session, so that the page does not connect again. */
    readonly onAgentGone: () => void;
  },
): void {
  const { session, openChannel, onAgentGone } = options;
  const send = (message: PageMessage) => socket.send(JSON.stringify(message));
  const leave = session.enter(() => socket.close(closeCodes.ended));
  const channel = openChannel({
    onMessage: send,
    onConfirmation: (confirmation) => send({ confirmation }),
    onEnd() {
      onAgentGone();
      socket.close(closeCodes.restart, 'The agent ended.');
    },
  });
  channel.then(
    () => {
      session.hasBegun = true;
    },
    // Send only the code: a close reason holds at most 123 bytes.
    (error: unknown) => socket.close(closeCodes.restart, toPlainError(error).code),
  );
  const whenOpen = (act: Parameters<typeof channel.then>[0]) => void channel.then(act, () => {});
  socket.on('error', () => {});
  socket.on('close', () => {
    leave();
    whenOpen(({ close }) => close());
  });
  socket.on('message', (data: RawData, isBinary) => {
    const message = isBinary ? undefined : parse(data.toString());
    session.touch();
    if (message === undefined) socket.close(closeCodes.unsupported);
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
