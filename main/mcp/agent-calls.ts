import type { Input, OperationName, Output } from '../api/contract.ts';
import type { AgentClient } from '../api/conversation.ts';
import { toPlainError } from '../model/app-error.ts';

/** Calls an operation of the agent, and starts an agent if none is running. Rejects as `AgentClient.call` does. */
export type CallAgent = AgentClient['call'];

/** Operations whose repetition with another agent does no harm. */
const repeatable: ReadonlySet<OperationName> = new Set<OperationName>([
  'snapshot',
  'mcp-open',
  'mcp-check',
  'mcp-end',
]);

/**
 * Returns a function that survives the end of the agent: an upgrade, or the desktop app that takes over. Each call has a
 * connection of its own, and one whose agent ends meanwhile is repeated with the next.
 */
export function createAgentCalls(
  reach: () => Promise<Pick<AgentClient, 'call'> & { close(): void }>,
): CallAgent {
  const callOnce = async <N extends OperationName>(
    name: N,
    input: Input<N>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Output<N>> => {
    const client = await reach();
    try {
      return await client.call(name, input, options);
    } finally {
      client.close();
    }
  };
  return async (name, input, options) => {
    try {
      return await callOnce(name, input, options);
    } catch (error) {
      const { code, retryable } = toPlainError(error);
      const isGone = code === 'agent-unreachable' && retryable;
      if (!isGone || !repeatable.has(name) || options?.signal?.aborted === true) throw error;
      return callOnce(name, input, options);
    }
  };
}
