import { applyChange } from '../api/apply-change.ts';
import type { Channel, OpenChannel } from '../api/channel.ts';
import { type AgentClient, createConversation } from '../api/conversation.ts';
import type { Snapshot } from '../model/agent-view.ts';

/**
 * The tray's conversation with the agent: every state it is in, the first one as soon as it has started.
 * Calls reject as the agent's do; `subscribed` rejects when the agent cannot start.
 */
export async function followAgent(options: {
  readonly openChannel: OpenChannel;
  readonly onState: (snapshot: Snapshot) => void;
}): Promise<AgentClient> {
  const { openChannel, onState } = options;
  const { client, receive, end } = createConversation((message) => channel.send(message));
  const channel: Channel = await openChannel({ onMessage: receive, onEnd: end });
  let snapshot: Snapshot | undefined;
  const early: Parameters<typeof applyChange>[1][] = [];
  const first = await client.subscribe((change) => {
    if (snapshot === undefined) early.push(change);
    else {
      snapshot = applyChange(snapshot, change);
      onState(snapshot);
    }
  });
  snapshot = early.reduce(applyChange, first);
  onState(snapshot);
  return client;
}
