import type { OpenChannel } from '../channel.ts';
import type { Connection } from './client.ts';

/** Opens a channel to the agent behind a socket. Passes each message on unchanged. */
export function socketChannel(connect: () => Promise<Connection>): OpenChannel {
  return async ({ onMessage, onEnd }) => {
    const connection = await connect();
    let closed = false;
    connection.listen({
      onMessage,
      onEnd() {
        if (!closed) onEnd();
      },
    });
    return {
      send: connection.send,
      close() {
        closed = true;
        connection.close();
      },
    };
  };
}
