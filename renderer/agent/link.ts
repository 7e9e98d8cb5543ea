import { type AgentClient, createConversation } from '../../main/api/conversation.ts';
import type { Change, Snapshot } from '../../main/model/agent-view.ts';
import { AppError, type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { EndReason, OpenChannel } from './channel.ts';

export type LinkState =
  | { readonly status: 'opening' }
  | { readonly status: 'ready' }
  /** The agent does not respond; retrying. */
  | { readonly status: 'lost' }
  /** No `serve` responds at the page's address; retrying. */
  | { readonly status: 'not-served' }
  /** This page cannot reconnect: only a new address opens it again. */
  | { readonly status: 'ended'; readonly why: Exclude<EndReason, 'not-served'> }
  /** The agent reports that it cannot start. */
  | { readonly status: 'failed'; readonly error: PlainError };

/** The page's connection to the agent. Reconnects automatically, each time with a new snapshot. */
export interface Link {
  readonly call: AgentClient['call'];
  /** Reports whether the page is visible. */
  look(isLooking: boolean): void;
  /** Reconnects now instead of at the next attempt. */
  retry(): void;
}

const retryAfterMs = [200, 400, 800, 1_500, 3_000];

export function createLink(options: {
  readonly open: OpenChannel;
  readonly onState: (state: LinkState) => void;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onChange: (change: Change) => void;
  /** Reports whether a change has to be confirmed in the terminal that runs `serve`. */
  readonly onConfirmation?: (isAsked: boolean) => void;
}): Link {
  const { open, onState, onSnapshot, onChange, onConfirmation } = options;
  let client: AgentClient | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isEnded = false;
  let isLooking = false;

  const tryLater = (state: LinkState) => {
    onState(state);
    clearTimeout(timer);
    timer = setTimeout(start, retryAfterMs[Math.min(failures, retryAfterMs.length - 1)]);
    failures += 1;
  };

  const start = () => {
    clearTimeout(timer);
    timer = undefined;
    isEnded = false;
    let over = false;
    const finish = (state: LinkState) => {
      if (over) return;
      over = true;
      client = undefined;
      channel.close();
      conversation.end();
      onConfirmation?.(false);
      if (state.status === 'ended') {
        isEnded = true;
        onState(state);
      } else tryLater(state);
    };
    const conversation = createConversation((message) => channel.send(message));
    const listen = async () => {
      // Queue the changes that arrive before the snapshot is applied.
      const early: Change[] = [];
      let take = (change: Change): void => {
        early.push(change);
      };
      try {
        const snapshot = await conversation.client.subscribe((change) => take(change));
        if (over) return;
        onSnapshot(snapshot);
        for (const change of early) onChange(change);
        take = onChange;
        client = conversation.client;
        if (isLooking) client.look(true);
        failures = 0;
        onState({ status: 'ready' });
      } catch (error) {
        const plain = toPlainError(error);
        finish(plain.code === 'agent-unreachable' ? { status: 'lost' } : { status: 'failed', error: plain });
      }
    };
    const channel = open({
      onOpen: () => void listen(),
      onMessage: (message) => conversation.receive(message),
      onEnd(why) {
        if (why === undefined) finish({ status: 'lost' });
        else finish(why === 'not-served' ? { status: why } : { status: 'ended', why });
      },
      onConfirmation(isAsked) {
        if (!over) onConfirmation?.(isAsked);
      },
    });
  };

  start();
  return {
    call(name, input, callOptions) {
      if (client !== undefined) return client.call(name, input, callOptions);
      return Promise.reject(
        new AppError('agent-unreachable', 'The agent is not running.', {
          hint: 'The window reconnects automatically; then try again.',
          retryable: true,
        }),
      );
    },
    look(now) {
      if (now === isLooking) return;
      isLooking = now;
      client?.look(now);
    },
    retry() {
      if (timer === undefined && !isEnded) return;
      if (isEnded) onState({ status: 'opening' });
      start();
    },
  };
}
