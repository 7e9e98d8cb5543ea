import type { Channel, OpenChannel } from '../api/channel.ts';
import { type AgentClient, createConversation } from '../api/conversation.ts';
import { applyChange, isOfFigures, snapshotOf, stateOf } from '../model/agent-state.ts';
import type { Change, Snapshot } from '../model/agent-view.ts';

/**
 * Subscribes the tray to the agent and reports every state, the first one as soon as the agent has started. Rejects if
 * the agent cannot start. The client's calls reject as the agent's do.
 */
export async function followAgent(options: {
  readonly openChannel: OpenChannel;
  /** `isOfFigures`: only latency or bytes of a connected tunnel changed. */
  readonly onState: (snapshot: Snapshot, isOfFigures: boolean) => void;
}): Promise<AgentClient> {
  const { openChannel, onState } = options;
  const { client, receive, end } = createConversation((message) => channel.send(message));
  const channel: Channel = await openChannel({ onMessage: receive, onEnd: end });
  let state: ReturnType<typeof stateOf> | undefined;
  const early: Change[] = [];
  const first = await client.subscribe((change) => {
    if (state === undefined) early.push(change);
    else {
      const figures = isOfFigures(state, change);
      state = applyChange(state, change);
      onState(snapshotOf(state), figures);
    }
  });
  state = early.reduce(applyChange, stateOf(first));
  onState(snapshotOf(state), false);
  return client;
}
