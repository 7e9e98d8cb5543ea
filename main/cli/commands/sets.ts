import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable, table } from '../terminal.ts';
import { type ConnectHow, runConnect } from './connect.ts';

/** The sets, with what is in them. */
export async function runSets({ client, json }: Session): Promise<number> {
  const { sets, clusters } = await client.call('snapshot', {});
  const titles = new Map(clusters.map(({ id, title }) => [id, title]));
  if (json) writeJson({ sets });
  else if (sets.length === 0) writeLines(['There is no set yet: the window saves what you select as one.']);
  else
    writeLines(
      table(
        sets.map((set) => [
          printable(set.name),
          printable(set.clusters.map((id) => titles.get(id) ?? id).join(', ')),
        ]),
      ),
    );
  return exitCodes.ok;
}

/** Connects the clusters of a set, but for those that are gone. Rejects with `not-found`. */
export async function runConnectSet(
  session: Session,
  name: string,
  flags: Omit<ConnectHow, 'origin'>,
): Promise<number> {
  const { sets, clusters } = await session.client.call('snapshot', {});
  const set = sets.find((one) => one.name.toLowerCase() === name.trim().toLowerCase());
  if (set === undefined)
    throw new AppError('not-found', `There is no set called "${name}".`, {
      hint: 'See `k8s-tunnels sets`.',
    });
  const known = new Set(clusters.map(({ id }) => id));
  const there = set.clusters.filter((id) => known.has(id));
  const gone = set.clusters.filter((id) => !known.has(id));
  writeAside(gone.map((id) => `${printable(id)} is not there any more.`));
  if (there.length === 0) throw new AppError('not-found', `No cluster of the set "${set.name}" is there.`);
  return runConnect(session, there, { ...flags, origin: 'set' });
}
