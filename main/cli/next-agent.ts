import type { Client } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';

/**
 * A client that repeats a call with the next agent where the desktop app replaces the one that runs: that one refuses
 * new calls before it does anything. Its subscription goes on with the next agent.
 */
export function followHandOver(first: Client, reach: () => Promise<Client>): Client {
  let client = first;
  let listener: Parameters<Client['subscribe']>[0] | undefined;
  let isClosed = false;
  let next: Promise<void> | undefined;
  const reachNext = async () => {
    await client.ended;
    client = await reach();
    if (isClosed) client.close();
    else if (listener !== undefined) await client.subscribe(listener);
  };
  return {
    get agent() {
      return client.agent;
    },
    get ended() {
      return client.ended;
    },
    async call(...call) {
      for (;;) {
        try {
          return await client.call(...call);
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'agent-handing-over') throw error;
          next ??= reachNext().finally(() => {
            next = undefined;
          });
          await next;
        }
      }
    },
    subscribe(listen) {
      listener = listen;
      return client.subscribe(listen);
    },
    look: (isLooking) => client.look(isLooking),
    close() {
      isClosed = true;
      client.close();
    },
  };
}
