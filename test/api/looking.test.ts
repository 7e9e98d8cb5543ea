import { expect, test, vi } from 'vitest';
import { createConversation } from '../../main/api/conversation.ts';
import { type Served, serveMessages } from '../../main/api/serve-messages.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';

/** A shell that is connected to an agent, and how many look at that. */
function connect() {
  let lookers = 0;
  const feed = {
    snapshot: () => ({}) as Snapshot,
    subscribe: () => () => {},
    look() {
      lookers += 1;
      return () => {
        lookers -= 1;
      };
    },
  };
  const open = () => {
    const conversation = createConversation((message) => messages.receive(message));
    const messages = serveMessages({
      served: { handlers: {}, feed } as unknown as Served,
      send: (message) => conversation.receive(message),
    });
    return { client: conversation.client, end: messages.end };
  };
  return { open, lookers: () => lookers };
}
const flush = () => new Promise((resolve) => setTimeout(resolve, 0));

test('a shell that follows the agent does not look by that: the tray, a command that runs', async () => {
  const { open, lookers } = connect();
  await open().client.subscribe(() => {});
  expect(lookers()).toBe(0);
});

test('a window looks while it says so, and until its conversation ends', async () => {
  const { open, lookers } = connect();
  const [first, second] = [open(), open()];
  first.client.look(true);
  first.client.look(true);
  second.client.look(true);
  await vi.waitFor(() => expect(lookers()).toBe(2));
  first.client.look(false);
  await vi.waitFor(() => expect(lookers()).toBe(1));
  second.end();
  expect(lookers()).toBe(0);
  second.client.look(true);
  await flush();
  expect(lookers()).toBe(0);
});

test('a window that is gone before the agent has started does not look', async () => {
  const { promise, resolve } = Promise.withResolvers<Served>();
  const look = vi.fn(() => () => {});
  const { receive, end } = serveMessages({ served: promise, send: () => {} });
  receive({ id: 1, look: true });
  end();
  resolve({ handlers: {}, feed: { look } } as unknown as Served);
  await flush();
  expect(look).not.toHaveBeenCalled();
});
