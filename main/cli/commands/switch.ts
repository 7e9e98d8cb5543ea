import { withConfirmation } from '../confirm-production.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { kubectlLine } from './connect.ts';

/** Switches the current context to a connected cluster, for `minutes` if given. `-` restores the previous context. */
export async function runSwitch(
  session: Session,
  cluster: string,
  flags: { readonly production?: true | undefined; readonly minutes?: number | undefined },
): Promise<number> {
  const { client, json, progress, place } = session;
  const { minutes } = flags;
  const { result } = await withConfirmation({
    session,
    confirmed: flags.production,
    about: 'switch',
    act(confirmed) {
      progress.update(cluster === '-' ? 'Restoring the previous context' : `Switching to ${cluster}`);
      const input = { place, cluster, ...(minutes === undefined ? {} : { minutes }), ...confirmed };
      return client.call('switch', input);
    },
  });
  progress.end();
  if (json) writeJson(result);
  else writeLines([kubectlLine(result.kubectl)]);
  return exitCodes.ok;
}
