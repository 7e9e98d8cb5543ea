import { AppError } from '../agent/app-error.ts';
import type { Session } from './session.ts';
import { printable } from './terminal.ts';

/**
 * Acts, and where the agent wants a person's word that kubectl may be moved to a production cluster, asks for it and
 * acts again. Where there is no terminal, the agent's refusal stands. Rejects with `cancelled` on a no.
 */
export async function withConfirmation<T>(options: {
  readonly session: Pick<Session, 'json' | 'progress'>;
  /** The word was given with the command. */
  readonly confirmed: true | undefined;
  readonly act: (confirmed: { readonly production?: true }) => Promise<T>;
}): Promise<T> {
  const { session, confirmed, act } = options;
  try {
    return await act(confirmed === undefined ? {} : { production: confirmed });
  } catch (error) {
    const canAsk = !session.json && process.stdin.isTTY && process.stdout.isTTY;
    if (!(error instanceof AppError) || error.code !== 'production-unconfirmed' || !canAsk) throw error;
    session.progress.end();
    const { confirm } = await import('@clack/prompts');
    const answer = await confirm({
      message: `${printable(error.message)} Use production?`,
      active: 'Use production',
      inactive: 'No',
      initialValue: false,
    });
    if (answer !== true) throw new AppError('cancelled', 'Nothing was changed.');
    return act({ production: true });
  }
}
