import type { AgentMessage, ClientMessage, Served } from './serve-messages.ts';
import { serveMessages } from './serve-messages.ts';

/** A shell's raw end of a conversation. Only the agent parses its messages. */
export interface Channel {
  send(message: ClientMessage): void;
  /** Ends the conversation without calling `onEnd`. */
  close(): void;
}

/** Opens a conversation with the agent in any process. Rejects if it cannot be reached. */
export type OpenChannel = (listeners: {
  readonly onMessage: (message: AgentMessage) => void;
  /** Called when the agent has ended. */
  readonly onEnd: () => void;
}) => Promise<Channel>;

/** Opens channels to an agent in this process. */
export function localChannel(served: Served | Promise<Served>): OpenChannel {
  return async ({ onMessage }) => {
    const { receive, end } = serveMessages({ served, send: onMessage });
    return { send: receive, close: end };
  };
}
