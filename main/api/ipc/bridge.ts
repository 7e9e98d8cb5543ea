import type { AgentMessage, ClientMessage } from '../serve-messages.ts';

/**
 * What the preload hands the window as `window.k8sTunnels`, and all of it: a conversation with the agent. Absent in a
 * browser, where a WebSocket carries the same messages.
 */
export interface AgentBridge {
  /** The first message after a load, or after an end, begins a conversation. */
  send(message: ClientMessage): void;
  /** The answer ends it. */
  onMessage(listener: (message: AgentMessage) => void): () => void;
  /** Told when the agent has gone. The answer ends it. */
  onEnd(listener: () => void): () => void;
}

/** Electron's IPC channels. */
export const channels = {
  /** Page to main: it was loaded; what an earlier page began is over. */
  load: 'agent:load',
  /** Page to main: a client's message. */
  send: 'agent:send',
  /** Main to page: the agent's message. */
  message: 'agent:message',
  /** Main to page: the agent has gone. */
  end: 'agent:end',
} as const;
