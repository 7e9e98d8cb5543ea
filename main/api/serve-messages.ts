import type { Change, Snapshot } from '../model/agent-view.ts';
import { AppError, type PlainError, toPlainError } from '../model/app-error.ts';
import { dispatch, type Handlers } from './dispatch.ts';
import { plainValues } from './plain-values.ts';

/** What a shell sends. */
export type ClientMessage =
  | { readonly id: number; readonly operation: string; readonly input: unknown }
  | { readonly id: number; readonly cancel: true }
  | { readonly id: number; readonly subscribe: true }
  /** Whether somebody looks at what a subscriber shows. Has no answer. */
  | { readonly id: number; readonly look: boolean };

/** What it is sent: the answer to a message, or, to a subscriber, a change. */
export type AgentMessage =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: PlainError }
  | { readonly change: Change };

/** What a transport takes from the agent for subscribers. */
export interface Feed {
  snapshot(): Snapshot;
  /** The answer ends it. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Somebody looks at the states, until the returned function is called. */
  look(): () => void;
}

/** What is behind a transport. */
export interface Served {
  readonly handlers: Handlers;
  readonly feed: Feed;
}

/**
 * The agent's end of a conversation, whatever carries its messages: calls are dispatched, a subscriber gets the
 * snapshot and then the changes. `end` aborts the calls that run and ends the subscription, and the looking.
 * Nothing that is sent holds control or format characters, but for a credential, which is kubectl's.
 * While `served` is pending (the agent starts) calls wait; when it rejects they are answered with that error.
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
