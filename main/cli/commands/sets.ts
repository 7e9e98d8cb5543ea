import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { setKey } from '../../model/set-limits.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { type ConnectHow, runConnect } from './connect.ts';

/** Lists the saved sets and their clusters. */
export async function runSets({ client, json }: Session): Promise<number> {
  const { sets, clusters, organisation } = await client.call('snapshot', {});
  const titles = new Map(clusters.map(({ id, title }) => [id, title]));
  if (json) writeJson({ sets });
  else if (sets.length === 0) writeLines(['No sets yet. Save one: k8s-tunnels sets save NAME CLUSTER…']);
  else
    writeLines(
      table(
        sets.map((set) => [
          printable(set.name),
          printable(set.clusters.map((id) => titles.get(id) ?? id).join(', ')),
          ...(set.organisation ? [paint('dim', printable(organisation?.name ?? 'organisation'))] : []),
        ]),
      ),
    );
  return exitCodes.ok;
}

/**
 * Connects the clusters of a set that still exist. Rejects with `not-found` if the set or all its clusters are gone.
 */
export async function runConnectSet(
  session: Session,
  name: string,
  flags: Omit<ConnectHow, 'origin'>,
): Promise<number> {
  const { clusters } = await clustersOfSet(session, name);
  return runConnect(session, clusters, { ...flags, origin: 'set' });
}

/** Resolves with the clusters of a set that still exist, and reports the others. Rejects as `runConnectSet` does. */
export async function clustersOfSet(
  session: Pick<Session, 'client'>,
  name: string,
): Promise<{ readonly clusters: readonly ClusterId[] }> {
  const { sets, clusters } = await session.client.call('snapshot', {});
  const set = sets.find((one) => setKey(one.name) === setKey(name));
  if (set === undefined)
    throw new AppError('not-found', `There is no set called "${name}".`, {
      hint: 'See `k8s-tunnels sets`.',
    });
  const known = new Set(clusters.map(({ id }) => id));
  const there = set.clusters.filter((id) => known.has(id));
  const gone = set.clusters.filter((id) => !known.has(id));
  writeAside(gone.map((id) => `${printable(id)} no longer exists.`));
  if (there.length === 0) throw new AppError('not-found', `No cluster of the set "${set.name}" exists.`);
  return { clusters: there };
}
