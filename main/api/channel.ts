import type { AgentMessage, ClientMessage, Served } from './serve-messages.ts';
import { serveMessages } from './serve-messages.ts';

/** A shell's raw end of a conversation: what it sends is parsed by the agent, and by nobody on the way. */
export interface Channel {
  send(message: ClientMessage): void;
  /** Ends it; `onEnd` is not called for it. */
  close(): void;
}

/** Begins a conversation with the agent, wherever that runs. Rejects when it cannot be reached. */
export type OpenChannel = (listeners: {
  readonly onMessage: (message: AgentMessage) => void;
  /** The agent has gone. */
  readonly onEnd: () => void;
}) => Promise<Channel>;

/** To an agent in this process. */
export function localChannel(served: Served | Promise<Served>): OpenChannel {
  return async ({ onMessage }) => {
    const { receive, end } = serveMessages({ served, send: onMessage });
    return { send: receive, close: end };
  };
}
