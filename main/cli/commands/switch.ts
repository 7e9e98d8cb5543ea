import { exitCodes } from '../exit-codes.ts';
import { writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { kubectlLine } from './connect.ts';

/** Makes a connected cluster the one that kubectl uses. */
export async function runSwitch(session: Session, cluster: string): Promise<number> {
  const { client, json, progress, place } = session;
  progress.update(`Switching to ${cluster}`);
  const result = await client.call('switch', { place, cluster });
  progress.end();
  if (json) writeJson(result);
  else writeLines([kubectlLine(result.kubectl)]);
  return exitCodes.ok;
}
