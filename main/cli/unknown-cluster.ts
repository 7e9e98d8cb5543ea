import { findCluster } from '../agent/catalog/find-cluster.ts';
import { AppError } from '../model/app-error.ts';
import { listed } from '../model/wording.ts';
import { accountTitle } from './commands/accounts.ts';
import { loginCommand } from './login-command.ts';
import { missingOf, offerSignIns } from './missing-sign-ins.ts';
import type { Session } from './session.ts';

/**
 * Calls `act` for the clusters that `words` name. If it rejects with `not-found` and an account lacks a session, offers
 * to sign in and calls `act` again. Without a terminal, adds the login commands to the error's hint.
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
      hint: `The cluster may be in an account that you are not signed in to: ${listed(commands)}.`,
      cause: error,
    });
  }
}

/** Resolves with true if each word now matches at least one cluster. */
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
