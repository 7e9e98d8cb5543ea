import type { Change, Snapshot } from '../model/agent-view.ts';
import { AppError, fromPlainError } from '../model/app-error.ts';
import type { Input, OperationName, Output } from './contract.ts';
import type { AgentMessage, ClientMessage } from './serve-messages.ts';

/** A shell's client of the agent on any transport. Imports no schema, because kubectl and pages wait for it to load. */
export interface AgentClient {
  /** Rejects with the agent's error, `cancelled`, or `agent-unreachable` when the connection ends first. */
  call<N extends OperationName>(
    name: N,
    input: Input<N>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Output<N>>;
  /** Resolves with the current state, then calls back with every change. Takes one listener. */
  subscribe(listener: (change: Change) => void): Promise<Snapshot>;
  /** Reports whether a user is looking at the view, which the agent then updates more often. */
  look(isLooking: boolean): void;
}

/** Creates the shell's end of a conversation. `receive` takes the agent's messages; `end` rejects all pending calls. */
export function createConversation(send: (message: ClientMessage) => void): {
  readonly client: AgentClient;
  receive(message: AgentMessage): void;
  end(): void;
} {
  type Waiting = { readonly resolve: (output: unknown) => void; readonly reject: (error: Error) => void };
  const waiting = new Map<number, Waiting>();
  let listener: ((change: Change) => void) | undefined;
  let lastId = 0;
  let ended = false;
  const gone = () =>
    new AppError('agent-unreachable', 'The agent ended during the call. Try again.', { retryable: true });

  const ask = (
    body: { operation: string; input: unknown } | { subscribe: true },
    signal?: AbortSignal,
  ): Promise<unknown> => {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      if (ended) {
        reject(gone());
        return;
      }
      if (signal?.aborted === true) {
        reject(new AppError('cancelled', 'Cancelled.'));
        return;
      }
      const abort = () => send({ id, cancel: true });
      signal?.addEventListener('abort', abort, { once: true });
      const finish = () => {
        waiting.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      waiting.set(id, {
        resolve(output) {
          finish();
          resolve(output);
        },
        reject(error) {
          finish();
          reject(error);
        },
      });
      send({ ...body, id });
    });
  };

  return {
    client: {
      call: (name, input, options) => ask({ operation: name, input }, options?.signal) as Promise<never>,
      subscribe(listen) {
        listener = listen;
        return ask({ subscribe: true }) as Promise<Snapshot>;
      },
      look(isLooking) {
        if (!ended) send({ id: ++lastId, look: isLooking });
      },
    },
    receive(message) {
      if ('change' in message) listener?.(message.change);
      else if ('error' in message) waiting.get(message.id)?.reject(fromPlainError(message.error));
      else waiting.get(message.id)?.resolve(message.output);
    },
    end() {
      ended = true;
      for (const { reject } of [...waiting.values()]) reject(gone());
    },
  };
}
