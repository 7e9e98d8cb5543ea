import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Channel, OpenChannel } from '../channel.ts';
import type { Input, OperationName } from '../contract.ts';
import { type AgentClient, createConversation } from '../conversation.ts';
import { operationNamed, parseInput } from '../dispatch.ts';
import type { ClientMessage } from '../serve-messages.ts';
import { pageRules, type Question, terminalCommand } from './sensitive.ts';
import type { OpenPageChannel } from './socket.ts';

/**
 * Asks the user outside of the page. Resolves with the answer, or with undefined if another question is open. Rejects
 * with the signal's reason if the page cancels its request.
 */
export type Confirm = (question: Question, signal: AbortSignal) => Promise<boolean | undefined>;

/**
 * Guards the agent against a page: parses every message by the contract, and passes on a change that can run a program
 * or read a file only after the user confirms it outside of the page. Other programs can reach the port of a page in a
 * browser, so it does not get all of the user's rights.
 */
export function guardedChannel(
  open: OpenChannel,
  /** Undefined without a terminal: sensitive changes are denied, with the command that makes them. */
  confirm: Confirm | undefined,
): OpenPageChannel {
  return async ({ onMessage, onEnd, onConfirmation }) => {
    const channel = await open({ onMessage, onEnd });
    const asking = new Map<number, AbortController>();

    const pass = async <N extends OperationName>(id: number, name: N, given: unknown): Promise<void> => {
      const input = parseInput(name, given);
      const rule = pageRules[name];
      if (rule === 'never' || isOfShell(input))
        throw new AppError('bad-input', `A page in a browser may not call ${name} with this input.`, {
          hint: 'Use the command line: k8s-tunnels --help.',
        });
      if (typeof rule === 'function') {
        const abort = new AbortController();
        asking.set(id, abort);
        try {
          const question = await withAgent(open, (agent) => rule(input, agent));
          abort.signal.throwIfAborted();
          if (question !== undefined) await needYes(question, abort.signal);
        } finally {
          asking.delete(id);
        }
      }
      channel.send({ id, operation: name, input });
    };

    const needYes = async (question: Question, signal: AbortSignal): Promise<void> => {
      const hint = `Run it in a terminal: ${terminalCommand(question)}`;
      if (confirm === undefined)
        throw new AppError('confirmation-needed', 'This change needs your confirmation in a terminal.', {
          hint,
        });
      onConfirmation('asked');
      const answer = await confirm(question, signal).finally(() => onConfirmation('answered'));
      if (answer === true) return;
      throw new AppError(
        'confirmation-needed',
        answer === undefined
          ? 'Another change waits for your confirmation in the terminal.'
          : 'The change was not confirmed in the terminal. Nothing was changed.',
        { hint },
      );
    };

    const take = (message: ClientMessage): void => {
      if ('operation' in message) {
        const { id, operation, input } = message;
        const work = async () => pass(id, operationNamed(String(operation)), input);
        work().catch((error: unknown) => onMessage({ id, error: toPlainError(error) }));
      } else if ('cancel' in message) {
        asking.get(message.id)?.abort(new AppError('cancelled', 'Cancelled.'));
        channel.send({ id: message.id, cancel: true });
      } else if ('look' in message) channel.send({ id: message.id, look: message.look === true });
      else channel.send({ id: message.id, subscribe: true });
    };

    return {
      send(message) {
        // The message came from a page: do not trust its form.
        const { id } = Object(message) as { readonly id?: unknown };
        if (typeof id === 'number' && !asking.has(id)) take(message);
        else if (typeof id === 'number' && 'cancel' in message) take(message);
        else
          onMessage({
            id: 0,
            error: toPlainError(new AppError('bad-input', 'A message needs a unique number as id.')),
          });
      },
      close() {
        for (const abort of asking.values()) abort.abort(new AppError('cancelled', 'The page is gone.'));
        channel.close();
      },
    };
  };
}

/**
 * Returns true if the input names a kubeconfig or variables, which may name a program: a page uses the agent's own and
 * may not name others.
 */
function isOfShell(input: Input<OperationName>): boolean {
  return (
    ('place' in input && input.place !== undefined) ||
    ('environment' in input && input.environment !== undefined)
  );
}

/** Runs `work` with a separate conversation with the agent, opened by the first call and closed afterwards. */
async function withAgent<T>(
  open: OpenChannel,
  work: (agent: Pick<AgentClient, 'call'>) => Promise<T>,
): Promise<T> {
  let channel: Channel | undefined;
  const { client, receive, end } = createConversation((message) => channel?.send(message));
  try {
    return await work({
      async call(...asked) {
        channel ??= await open({ onMessage: receive, onEnd: end });
        return client.call(...asked);
      },
    });
  } finally {
    channel?.close();
  }
}
