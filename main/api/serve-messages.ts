import type { Change, Snapshot } from '../model/agent-view.ts';
import { AppError, type PlainError, toPlainError } from '../model/app-error.ts';
import { dispatch, type Handlers } from './dispatch.ts';
import { plainValues } from './plain-values.ts';

/** A message from a shell. */
export type ClientMessage =
  | { readonly id: number; readonly operation: string; readonly input: unknown }
  | { readonly id: number; readonly cancel: true }
  | { readonly id: number; readonly subscribe: true }
  /** Reports whether a user is looking at what the subscriber shows. Has no answer. */
  | { readonly id: number; readonly look: boolean };

/** A message to a shell: the answer to a call or, for a subscriber, a change. */
export type AgentMessage =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: PlainError }
  | { readonly change: Change };

/** The agent's feed for subscribers. */
export interface Feed {
  snapshot(): Snapshot;
  /** Returns an unsubscribe function. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Reports that a user is looking at the states, until the returned function is called. */
  look(): () => void;
}

/** What a transport serves. */
export interface Served {
  readonly handlers: Handlers;
  readonly feed: Feed;
}

/**
 * Serves the agent's end of a conversation on any transport: dispatches calls, and sends a subscriber the snapshot and
 * then the changes. `end` aborts running calls, the subscription and the looking. Removes control and format characters
 * from all messages except a credential, which kubectl reads. Calls wait while `served` is pending (the agent starts),
 * and get its error if it rejects.
 */
export function serveMessages(options: {
  readonly served: Served | Promise<Served>;
  readonly send: (message: AgentMessage) => void;
}): { receive(message: unknown): void; end(): void } {
  const { served, send } = options;
  const calls = new Map<number, AbortController>();
  let unsubscribe: (() => void) | undefined;
  let stopLooking: (() => void) | undefined;
  let ended = false;

  const call = async (id: number, name: string, input: unknown): Promise<void> => {
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      const { handlers } = await served;
      const output = await dispatch(handlers, name, input, { signal: controller.signal });
      send({ id, output: name === 'credential' ? output : plainValues(output) });
    } catch (error) {
      send({ id, error: toPlainError(error) });
    } finally {
      calls.delete(id);
    }
  };

  const subscribe = async (id: number): Promise<void> => {
    try {
      const { feed } = await served;
      if (ended) return;
      unsubscribe ??= feed.subscribe((change) => send({ change: plainValues(change) }));
      send({ id, output: plainValues(feed.snapshot()) });
    } catch (error) {
      send({ id, error: toPlainError(error) });
    }
  };

  const look = async (isLooking: boolean): Promise<void> => {
    const agent = await Promise.resolve(served).catch(() => undefined);
    if (ended || !isLooking) {
      stopLooking?.();
      stopLooking = undefined;
    } else stopLooking ??= agent?.feed.look();
  };

  return {
    receive(received) {
      const message = (typeof received === 'object' && received !== null ? received : {}) as Record<
        string,
        unknown
      >;
      const id = typeof message.id === 'number' ? message.id : 0;
      if (message.subscribe === true) void subscribe(id);
      else if (typeof message.look === 'boolean') void look(message.look);
      else if (message.cancel === true) calls.get(id)?.abort();
      else if (typeof message.operation === 'string') void call(id, message.operation, message.input);
      else send({ id, error: toPlainError(new AppError('bad-input', 'A message must name an operation.')) });
    },
    end() {
      ended = true;
      unsubscribe?.();
      stopLooking?.();
      stopLooking = undefined;
      for (const controller of calls.values()) controller.abort();
    },
  };
}
