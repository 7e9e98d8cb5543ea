import { AppError } from '../model/app-error.ts';
import type { Handlers } from './dispatch.ts';

/** Long enough for a connect without a login, and shorter than the desktop app waits for the agent to end. */
const callsEndWithinMs = 10_000;

/**
 * Waits for the calls in progress before it answers `hand-over`, for at most `withinMs`. Rejects every later call with
 * `agent-handing-over` before it has any effect, so that the caller can repeat it with the next agent.
 */
export function finishCalls(handlers: Handlers, withinMs = callsEndWithinMs): Handlers {
  let inProgress = 0;
  let isHandingOver = false;
  let onLast = () => {};
  const counted = (handler: (input: never, call: never) => Promise<unknown>) => {
    return async (input: never, call: never) => {
      if (isHandingOver)
        throw new AppError('agent-handing-over', 'The agent is being replaced by the desktop app.', {
          retryable: true,
        });
      inProgress += 1;
      try {
        return await handler(input, call);
      } finally {
        inProgress -= 1;
        if (inProgress === 0) onLast();
      }
    };
  };
  const all = Object.entries(handlers).map(([name, handler]) => [name, counted(handler)]);
  return {
    ...(Object.fromEntries(all) as Handlers),
    async 'hand-over'(input, call) {
      isHandingOver = true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        onLast = () => {
          clearTimeout(timer);
          resolve();
        };
        if (inProgress === 0) onLast();
      });
      return handlers['hand-over'](input, call);
    },
  };
}
