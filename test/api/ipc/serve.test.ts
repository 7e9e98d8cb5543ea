import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OpenChannel } from '../../../main/api/channel.ts';
import { channels } from '../../../main/api/ipc/bridge.ts';
import { serveIpc } from '../../../main/api/ipc/serve.ts';

const origin = 'app://k8s-tunnels';

class Sender extends EventEmitter {
  readonly id: number;
  readonly got: unknown[] = [];
  destroyed = false;

  constructor(id: number) {
    super();
    this.id = id;
  }

  send(channel: string, message?: unknown): void {
    if (this.destroyed) throw new TypeError('Object has been destroyed');
    this.got.push(message === undefined ? channel : [channel, message]);
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }
}

interface Conversation {
  readonly heard: unknown[];
  readonly listeners: Parameters<OpenChannel>[0];
  closed: boolean;
}

let ipc: EventEmitter;
let conversations: Conversation[];
let warnings: string[];
let reachable: boolean;

beforeEach(() => {
  ipc = new EventEmitter();
  conversations = [];
  warnings = [];
  reachable = true;
  serveIpc({
    ipc,
    origin,
    logger: { warn: (message) => void warnings.push(message) },
    async openChannel(listeners) {
      if (!reachable) throw new Error('nobody there');
      const conversation: Conversation = { heard: [], listeners, closed: false };
      conversations.push(conversation);
      return {
        send: (message) => void conversation.heard.push(message),
        close() {
          conversation.closed = true;
        },
      };
    },
  });
});

afterEach(() => ipc.removeAllListeners());

const settle = () => new Promise((resolve) => setImmediate(resolve));
const main = { url: `${origin}/`, parent: null };
async function send(sender: Sender, message: unknown, senderFrame: unknown = main): Promise<void> {
  ipc.emit(channels.send, { sender, senderFrame }, message);
  await settle();
}
async function load(sender: Sender): Promise<void> {
  ipc.emit(channels.load, { sender, senderFrame: main });
  await settle();
}

test('a page has one conversation, and its answers come back to it alone', async () => {
  const [first, second] = [new Sender(1), new Sender(2)];
  await load(first);
  await load(second);
  await send(first, { id: 1, subscribe: true });
  await send(first, { id: 2, operation: 'discover', input: {} });
  await send(second, { id: 1, subscribe: true });
  expect(conversations.map(({ heard }) => heard)).toEqual([
    [
      { id: 1, subscribe: true },
      { id: 2, operation: 'discover', input: {} },
    ],
    [{ id: 1, subscribe: true }],
  ]);
  conversations[0]?.listeners.onMessage({ id: 2, output: 'done' });
  expect(first.got).toEqual([[channels.message, { id: 2, output: 'done' }]]);
  expect(second.got).toEqual([]);
});

test.each([
  ['a page from the web', { url: 'https://attacker.example/', parent: null }],
  ['a host that begins like ours', { url: 'app://k8s-tunnels.attacker.example/', parent: null }],
  ['another scheme with our host', { url: 'http://k8s-tunnels/', parent: null }],
  ['a file', { url: 'file:///k8s-tunnels', parent: null }],
  ['a frame inside our page', { url: `${origin}/`, parent: main }],
  ['a frame that has gone', null],
  ['a frame without an address in our page', { url: '', parent: main }],
])('%s is not heard', async (_who, frame) => {
  const sender = new Sender(1);
  ipc.emit(channels.load, { sender, senderFrame: frame });
  await send(sender, { id: 1, operation: 'quit', input: {} }, frame);
  expect(conversations).toEqual([]);
  expect(sender.got).toEqual([]);
  expect(warnings).toHaveLength(2);
});

test('a page that is loaded anew hears nothing of what the earlier one began', async () => {
  const sender = new Sender(1);
  await load(sender);
  await send(sender, { id: 1, subscribe: true });
  await load(sender);
  expect(conversations[0]?.closed).toBe(true);
  conversations[0]?.listeners.onMessage({ id: 1, output: 'late' });
  expect(sender.got).toEqual([]);
  await send(sender, { id: 1, subscribe: true });
  expect(conversations[1]?.heard).toEqual([{ id: 1, subscribe: true }]);
});

test('a window that is gone ends its conversation', async () => {
  const sender = new Sender(1);
  await load(sender);
  await send(sender, { id: 1, subscribe: true });
  sender.destroyed = true;
  sender.emit('destroyed');
  await settle();
  expect(conversations[0]?.closed).toBe(true);
  conversations[0]?.listeners.onMessage({ id: 1, output: 'late' });
  expect(sender.got).toEqual([]);
});

test('the page is told when the agent has gone, and the next message begins anew', async () => {
  const sender = new Sender(1);
  await load(sender);
  await send(sender, { id: 1, subscribe: true });
  conversations[0]?.listeners.onEnd();
  expect(sender.got).toEqual([channels.end]);
  reachable = false;
  await send(sender, { id: 1, subscribe: true });
  expect(sender.got).toEqual([channels.end, channels.end]);
  reachable = true;
  await send(sender, { id: 1, subscribe: true });
  expect(conversations).toHaveLength(2);
  expect(conversations[1]?.heard).toEqual([{ id: 1, subscribe: true }]);
});

test('the load of a page that has no address yet ends its earlier conversation, and is not logged', async () => {
  const page = new Sender(1);
  await load(page);
  await send(page, { id: 1, subscribe: true });
  ipc.emit(channels.load, { sender: page, senderFrame: { url: '', parent: null } });
  await settle();
  expect(conversations.map(({ closed }) => closed)).toEqual([true]);
  expect(warnings).toEqual([]);
  // Such a page can send nothing else.
  await send(page, { id: 1, subscribe: true }, { url: '', parent: null });
  expect(conversations).toHaveLength(1);
  expect(warnings).toHaveLength(1);
});
