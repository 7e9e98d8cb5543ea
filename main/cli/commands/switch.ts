import { withConfirmation } from '../confirm-production.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { kubectlLine } from './connect.ts';

/** Makes a connected cluster the one that kubectl uses. */
export async function runSwitch(session: Session, cluster: string, production?: true): Promise<number> {
  const { client, json, progress, place } = session;
  const result = await withConfirmation({
    session,
    confirmed: production,
    act(confirmed) {
      progress.update(`Switching to ${cluster}`);
      return client.call('switch', { place, cluster, ...confirmed });
    },
  });
  progress.end();
  if (json) writeJson(result);
  else writeLines([kubectlLine(result.kubectl)]);
  return exitCodes.ok;
}
