import type { AgentMessage, ClientMessage } from '../serve-messages.ts';

/**
 * The preload's only API for the window, as `window.k8sTunnels`: a conversation with the agent. Absent in a browser,
 * which exchanges the same messages over a WebSocket.
 */
export interface AgentBridge {
  /** Sends a message. The first one after a load, or after an end, opens a conversation. */
  send(message: ClientMessage): void;
  /** Returns an unsubscribe function. */
  onMessage(listener: (message: AgentMessage) => void): () => void;
  /** Notifies when the agent has ended. Returns an unsubscribe function. */
  onEnd(listener: () => void): () => void;
}

/** Electron's IPC channels. */
export const channels = {
  /** Page to main: the page was loaded. Ends the conversation of an earlier page. */
  load: 'agent:load',
  /** Page to main: a client's message. */
  send: 'agent:send',
  /** Main to page: the agent's message. */
  message: 'agent:message',
  /** Main to page: the agent has ended. */
  end: 'agent:end',
} as const;
