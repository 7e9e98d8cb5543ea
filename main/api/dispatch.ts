import { AppError } from '../model/app-error.ts';
import { issueText } from '../model/schema-words.ts';
import { type Input, type OperationName, type Output, operations } from './contract.ts';

/** What a handler gets besides the input. */
export interface Call {
  /** Aborts when the caller disconnects or cancels. */
  readonly signal: AbortSignal;
}

export type Handlers = { readonly [N in OperationName]: (input: Input<N>, call: Call) => Promise<Output<N>> };

/**
 * Finds the operation, parses the input and calls the handler. Every transport uses this boundary.
 * Rejects with `bad-input` that names the field, or as the handler does.
 */
export async function dispatch(
  handlers: Handlers,
  name: string,
  input: unknown,
  call: Call,
): Promise<unknown> {
  return run(handlers, operationNamed(name), input, call);
}

async function run<N extends OperationName>(
  handlers: Handlers,
  name: N,
  input: unknown,
  call: Call,
): Promise<Output<N>> {
  return handlers[name](parseInput(name, input), call);
}

/** Throws `bad-input` for a name that is not in the contract. */
export function operationNamed(name: string): OperationName {
  if (Object.hasOwn(operations, name)) return name as OperationName;
  throw new AppError('bad-input', `There is no operation ${JSON.stringify(name)}.`, {
    hint: 'The caller and the agent may have different versions. Quit the agent and try again.',
  });
}

/** Throws `bad-input` that names the field. */
export function parseInput<N extends OperationName>(name: N, input: unknown): Input<N> {
  const parsed = operations[name].input.safeParse(input);
  if (parsed.success) return parsed.data as Input<N>;
  const issue = parsed.error.issues[0];
  throw new AppError('bad-input', `${name}: ${issue?.path.join('.') || 'input'} ${issueText(issue)}.`);
}
