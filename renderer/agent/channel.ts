import type { AgentBridge } from '../../main/api/ipc/bridge.ts';
import type { AgentMessage, ClientMessage } from '../../main/api/serve-messages.ts';

/** The transport between the page and the agent. */
export interface Channel {
  send(message: ClientMessage): void;
  close(): void;
}

/**
 * Why a channel ended, other than a lost agent: no `serve` is running, this tab has no session, its session has ended,
 * or another program responds instead of `serve`.
 */
export type EndReason = 'not-served' | 'no-session' | 'session-ended' | 'foreign';

export interface ChannelEvents {
  onOpen(): void;
  onMessage(message: AgentMessage): void;
  /** Called once, also if the channel never opened. */
  onEnd(why?: EndReason): void;
  /** Called when a change starts or stops waiting for confirmation in the terminal. */
  onConfirmation?(isAsked: boolean): void;
}

export type OpenChannel = (events: ChannelEvents) => Channel;

declare global {
  interface Window {
    readonly k8sTunnels?: AgentBridge;
  }
}

/** Connects through the desktop's main process. */
export function bridgeChannel(bridge: AgentBridge): OpenChannel {
  return ({ onOpen, onMessage, onEnd }) => {
    const stop = [bridge.onMessage(onMessage)];
    const close = () => {
      for (const end of stop.splice(0)) end();
    };
    const ended = bridge.onEnd(() => {
      close();
      onEnd();
    });
    stop.push(ended);
    queueMicrotask(onOpen);
    return { send: (message) => bridge.send(message), close };
  };
}
