import type { OpenChannel } from '../channel.ts';
import type { Connection } from './client.ts';

/** To the agent behind a socket, whoever hosts it: each message is passed on as it is. */
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
