import { AppError, toPlainError } from '../model/app-error.ts';
import type { Handlers } from './dispatch.ts';

/** Shows the question to the user, outside of the program that asked. Resolves with the answer. */
export type ConfirmUnlock = (
  question: { readonly message: string; readonly reason: string },
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Returns the handlers for programs that are not the app's own window: an unlock is confirmed by `confirm`, whatever the
 * program says that its user has answered. Asks one question at a time.
 */
export function withConfirmedUnlock(handlers: Handlers, confirm: ConfirmUnlock): Handlers {
  let isAsking = false;
  return {
    ...handlers,
    async unlock({ production: _, ...input }, call) {
      try {
        return await handlers.unlock(input, call);
      } catch (error) {
        const { code, message } = toPlainError(error);
        if (code !== 'production-unconfirmed') throw error;
        if (isAsking)
          throw new AppError('confirmation-needed', 'Another unlock waits for your confirmation.', {
            hint: 'Answer the question of the desktop app, then try again.',
          });
        isAsking = true;
        const isYes = await confirm({ message, reason: input.reason }, call.signal).finally(() => {
          isAsking = false;
        });
        if (!isYes || call.signal.aborted)
          throw new AppError('cancelled', 'The unlock was not confirmed. Nothing was changed.');
        return handlers.unlock({ ...input, production: true }, call);
      }
    },
  };
}
