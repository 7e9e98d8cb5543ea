import { findCluster } from '../agent/catalog/find-cluster.ts';
import { AppError } from '../model/app-error.ts';
import { accountTitle } from './commands/accounts.ts';
import { loginCommand } from './login-command.ts';
import { missingOf, offerSignIns } from './missing-sign-ins.ts';
import type { Session } from './session.ts';

/**
 * Acts on clusters that `words` name. Where one is not known and a sign-in is missing, offers that and acts again; where
 * nobody can be asked, the error names it, with the command.
 */
export async function withMissingSignIns<T>(
  session: Session,
  words: readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    session.progress.end();
    if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
    if (await offerSignIns(session, { until: () => areKnown(session, words), says: false })) return act();
    const missing = (await missingOf(session)).filter(({ provider }) => provider !== 'access');
    if (missing.length === 0) throw error;
    const commands = missing.map((account) => `${accountTitle(account)}: \`${loginCommand(account)}\``);
    throw new AppError(error.code, error.message, {
      hint: `You are not signed in to ${commands.join(', nor to ')}. Sign in, and it may be found.`,
      cause: error,
    });
  }
}

/** Whether each of the words names a cluster by now, or several. */
async function areKnown({ client }: Session, words: readonly string[]): Promise<boolean> {
  const { clusters } = await client.call('snapshot', {});
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  return words.every((word) => {
    try {
      return findCluster(word, byId) !== undefined;
    } catch (error) {
      return !(error instanceof AppError) || error.code !== 'not-found';
    }
  });
}
