import type { Client } from '../api/socket/client.ts';
import { AppError } from '../model/app-error.ts';

/**
 * Returns a client that survives a hand-over to the desktop app: it repeats calls with the next agent, which is safe
 * because the old agent rejects them before it acts, and it renews the subscription there.
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
