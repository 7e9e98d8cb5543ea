import { AppError } from '../model/app-error.ts';
import { type Input, type OperationName, type Output, operations } from './contract.ts';

/** What a handler knows of the call besides its input. */
export interface Call {
  /** Aborts when the caller went away or cancelled. */
  readonly signal: AbortSignal;
}

export type Handlers = { readonly [N in OperationName]: (input: Input<N>, call: Call) => Promise<Output<N>> };

/**
 * The boundary that every transport shares: finds the operation, parses the input, calls the handler.
 * Rejects with `bad-input` naming the field, or as the handler does.
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

/** Throws `bad-input` for a name that is none of the contract's. */
export function operationNamed(name: string): OperationName {
  if (Object.hasOwn(operations, name)) return name as OperationName;
  throw new AppError('bad-input', `There is no operation ${JSON.stringify(name)}.`, {
    hint: 'The caller and the agent may be of different versions: quit the agent and try again.',
  });
}

/** Throws `bad-input` naming the field. */
export function parseInput<N extends OperationName>(name: N, input: unknown): Input<N> {
  const parsed = operations[name].input.safeParse(input);
  if (parsed.success) return parsed.data as Input<N>;
  const issue = parsed.error.issues[0];
  throw new AppError(
    'bad-input',
    `${name}: ${issue?.path.join('.') ?? 'input'}: ${issue?.message ?? 'does not fit'}.`,
  );
}
