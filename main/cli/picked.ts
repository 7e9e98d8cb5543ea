import { AppError } from '../model/app-error.ts';
import { ranked } from '../model/cluster-search.ts';
import type { Session } from './session.ts';
import { hasTerminal } from './terminal.ts';

/**
 * Calls `act` with the words. If one word names no cluster or several, offers those that match it, where there is a
 * terminal, and calls `act` with what the user picked. Rejects as `act` does, and with `cancelled`.
 */
export async function withPicker<T>(
  session: Session,
  words: readonly string[],
  act: (words: readonly string[]) => Promise<T>,
): Promise<T> {
  try {
    return await act(words);
  } catch (error) {
    const [word, ...others] = words;
    const canPick = error instanceof AppError && ['not-found', 'ambiguous-cluster'].includes(error.code);
    if (!canPick || word === undefined || others.length > 0 || session.json || !hasTerminal()) throw error;
    const snapshot = await session.client.call('snapshot', {});
    const matching = ranked(snapshot.clusters, [word.toLowerCase()]);
    if (matching.length === 0) throw error;
    session.progress.end();
    const { pickOf } = await import('./commands/pick.ts');
    const picked = await pickOf(snapshot, matching, word);
    if (picked === undefined || picked.length === 0) throw new AppError('cancelled', 'Nothing was changed.');
    return act(picked);
  }
}
