import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable } from '../terminal.ts';
import { chooseAccount } from './login.ts';

/** Signs out and lists the sessions that remain. */
export async function runLogout(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
): Promise<number> {
  const { client, json, progress } = session;
  const account = await chooseAccount(session, provider, name, 'logout');
  progress.update('Signing out');
  const result = await client.call('logout', { provider: account.provider, session: account.session });
  progress.end();
  if (json) writeJson(result);
  else
    writeLines([
      ...(result.removed.length === 0 ? ['There was nothing to remove.'] : []),
      ...result.removed.map((line) => `${paint('green', '✓')} Removed: ${printable(line)}`),
      ...result.remaining.map((line) => `${paint('yellow', '!')} Remains: ${printable(line)}`),
    ]);
  return exitCodes.ok;
}
