import { plural } from '../../model/wording.ts';
import { cellName } from '../cluster-view.ts';
import { followDiscovery } from '../discovery-progress.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable } from '../terminal.ts';

/** Refreshes every location. Failed ones are part of the result; it is partial if one of them may answer later. */
export async function runDiscover(session: Session): Promise<number> {
  const { client, json, progress, orInterrupted } = session;
  await followDiscovery(session);
  const result = await orInterrupted(client.call('discover', {}));
  progress.end();
  const code = result.failed.some(({ error }) => error?.retryable) ? exitCodes.partial : exitCodes.ok;
  if (json) {
    writeJson(result);
    return code;
  }
  const { clusters, failed, tookMs } = result;
  writeLines([
    `${plural(clusters, { one: '# cluster', other: '# clusters' })}, refreshed in ${(tookMs / 1000).toFixed(1)} s`,
    ...failed.flatMap((cell) => {
      const { error } = cell;
      if (error === undefined) return [];
      return [
        `${paint('yellow', '!')} ${cellName(cell)}: ${printable(error.message)} ${paint('dim', error.code)}`,
        ...(error.hint === undefined ? [] : [`  ${printable(error.hint)}`]),
      ];
    }),
  ]);
  return code;
}
