import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { systemClock } from '../agent/parts.ts';
import type { AgentClient } from '../api/conversation.ts';
import { createAgentCalls } from './agent-calls.ts';
import { createMcpServer } from './server.ts';

/** How long calls in progress may take when the client has closed the input. */
const finishMs = 2_000;

/**
 * Serves one AI client over these streams, until the input ends. Only messages of the protocol are written to `output`. Then
 * ends what it has opened, as far as the agent answers. Never rejects.
 */
export async function serveMcp(options: {
  /** Connects to the agent, and starts one if none is running. */
  readonly reach: () => Promise<Pick<AgentClient, 'call'> & { close(): void }>;
  readonly input: Readable;
  readonly output: Writable;
  readonly pid: number;
  /** Reports what is wrong with the conversation, for the client's log. */
  readonly log: (text: string) => void;
}): Promise<void> {
  const { reach, input, output, pid, log } = options;
  const call = createAgentCalls(reach);
  const gone = new AbortController();
  const server = createMcpServer({ call, pid, clock: systemClock, signal: gone.signal });
  const transport = new StdioServerTransport(input, output);
  const calls = countCalls(transport);
  server.server.onerror = ({ message }) => log(`k8s-tunnels mcp: ${message.slice(0, 500)}`);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  input.once('end', end).once('close', end);
  output.once('error', end).once('close', end);
  // It closes where a message is longer than any that is good.
  transport.onclose = end;
  await server.connect(transport);
  await ended;
  await within(finishMs, calls.finished());
  gone.abort();
  await server.close();
  await within(
    finishMs,
    call('mcp-end', { pid }).catch(() => {}),
  );
}

/** Counts the requests that have no answer yet. The SDK keeps what is set on a transport before it connects. */
function countCalls(transport: StdioServerTransport): { finished(): Promise<void> } {
  const open = new Set<unknown>();
  let onFinished = () => {};
  const remove = (id: unknown) => {
    open.delete(id);
    if (open.size === 0) onFinished();
  };
  transport.onmessage = (message) => {
    if (!('method' in message)) return;
    if ('id' in message) open.add(message.id);
    // No answer follows.
    else if (message.method === 'notifications/cancelled') remove(message.params?.requestId);
  };
  const send = transport.send.bind(transport);
  transport.send = async (message) => {
    await send(message);
    if ('id' in message && !('method' in message)) remove(message.id);
  };
  return {
    finished: () =>
      new Promise((resolve) => {
        onFinished = resolve;
        if (open.size === 0) resolve();
      }),
  };
}

/** Resolves when the work is done, or after this time. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, systemClock.sleep(ms, over.signal).catch(() => {})]);
  over.abort();
}
