import type { Logger } from '../../agent/parts.ts';
import type { Channel, OpenChannel } from '../channel.ts';
import type { ClientMessage } from '../serve-messages.ts';
import { channels } from './bridge.ts';

/** The used part of Electron's `ipcMain`, so that this file runs without Electron. */
export interface IpcReceiver {
  on(channel: string, listener: (event: IpcEvent, message?: unknown) => void): unknown;
}

export interface IpcEvent {
  readonly sender: IpcSender;
  /** Null once the frame has gone. */
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

export interface IpcSender {
  readonly id: number;
  send(channel: string, message?: unknown): void;
  isDestroyed(): boolean;
  once(event: 'destroyed', listener: () => void): unknown;
}

/**
 * Transports each window's conversation with the agent. Accepts messages only from the main frame of a page of `origin`
 * (`scheme://host`), and drops and logs any other. A reload of the page ends its earlier conversation.
 */
export function serveIpc(options: {
  readonly ipc: IpcReceiver;
  readonly origin: string;
  readonly openChannel: OpenChannel;
  readonly logger: Pick<Logger, 'warn'>;
}): void {
  const { ipc, origin, openChannel, logger } = options;
  const open = new Map<number, Promise<Channel>>();
  const known = new WeakSet<IpcSender>();

  const hear = (name: string, listener: (sender: IpcSender, message: unknown) => void) =>
    ipc.on(name, ({ sender, senderFrame }, message) => {
      if (senderFrame !== null && senderFrame.parent === null && isOurs(name, senderFrame.url)) {
        listener(sender, message);
      } else logger.warn('A message of a foreign frame was dropped', { channel: name });
    });

  /** A page sends `load` before it has an address, and the message does no more than end an earlier conversation. */
  const isOurs = (name: string, url: string) =>
    originOf(url) === origin || (name === channels.load && url === '');

  const end = (id: number) => {
    const channel = open.get(id);
    open.delete(id);
    channel?.then(({ close }) => close()).catch(() => {});
  };

  const begin = (sender: IpcSender): Promise<Channel> => {
    const { id } = sender;
    // Drop messages of an earlier conversation.
    const send = (name: string, message?: unknown) => {
      if (open.get(id) === channel && !sender.isDestroyed()) sender.send(name, message);
    };
    const onEnd = () => {
      send(channels.end);
      if (open.get(id) === channel) open.delete(id);
    };
    const channel = openChannel({ onMessage: (message) => send(channels.message, message), onEnd });
    open.set(id, channel);
    channel.catch(onEnd);
    return channel;
  };

  hear(channels.load, (sender) => {
    if (!known.has(sender)) sender.once('destroyed', () => end(sender.id));
    known.add(sender);
    end(sender.id);
  });
  hear(channels.send, (sender, message) => {
    const channel = open.get(sender.id) ?? begin(sender);
    channel.then(({ send }) => send(message as ClientMessage)).catch(() => {});
  });
}

/** Replaces `URL.origin`, which is `null` for a custom scheme. */
function originOf(url: string): string | undefined {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return undefined;
  }
}
