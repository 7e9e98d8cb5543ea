import { isUsable } from '../../model/is-usable.ts';
import { resumeOffer } from '../../model/resume-offer.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { type ConnectHow, runConnect } from './connect.ts';

/** Connects the clusters that were connected before, as a set. Does nothing if there are none. */
export async function runResume(
  session: Session,
  flags: Pick<ConnectHow, 'production' | 'dryRun'>,
): Promise<number> {
  const { client, json, progress, place } = session;
  const { recent, tunnels, agent, clusters } = await client.call('snapshot', {});
  // An agent that has just started may still try to open them without a login.
  const settled = tunnels.filter(({ state }) => isUsable(state) || state.status === 'failed');
  const offer = resumeOffer(
    { ...(recent === undefined ? {} : { recent }), tunnels: settled, agent },
    Date.now(),
  );
  const known = new Set(clusters.map(({ id }) => id));
  const ids = offer?.clusters.filter((id) => known.has(id)) ?? [];
  if (ids.length > 0) return runConnect(session, ids, { ...flags, origin: 'resume' });
  progress.end();
  if (json) writeJson({ results: [], kubectl: await client.call('kubectl', { place }), warnings: [] });
  else writeLines(['Nothing to resume: all that was connected before is connected.']);
  return exitCodes.ok;
}
