import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable } from '../terminal.ts';
import { chooseAccount, matchingAccounts } from './login.ts';

/**
 * Signs out of one account, or of all that match, and lists the sessions that remain. An account that fails does not keep
 * the others: rejects at the end with an error.
 */
export async function runLogout(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  all?: boolean,
): Promise<number> {
  const { client, json, progress } = session;
  const accounts = await (all
    ? matchingAccounts(session, provider, name, 'logout')
    : chooseAccount(session, provider, name, 'logout').then((one) => [one]));
  progress.update('Signing out');
  const removed: string[] = [];
  const remaining: string[] = [];
  let failure: { readonly error: unknown } | undefined;
  for (const { provider, session: name } of accounts)
    try {
      const done = await client.call('logout', { provider, session: name });
      removed.push(...done.removed);
      remaining.push(...done.remaining);
    } catch (error) {
      failure = { error };
    }
  progress.end();
  const lines = [
    ...removed.map((line) => `${paint('green', '✓')} Removed: ${printable(line)}`),
    ...remaining.map((line) => `${paint('yellow', '!')} Remains: ${printable(line)}`),
  ];
  if (!json) writeLines(lines);
  if (failure !== undefined) throw failure.error;
  if (json) writeJson({ removed, remaining });
  else if (removed.length === 0) writeLines(['Nothing to remove.']);
  return exitCodes.ok;
}
