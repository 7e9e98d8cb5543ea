import { findCluster } from '../../agent/catalog/find-cluster.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable } from '../terminal.ts';
import { knownClusters } from './list.ts';

/**
 * Lists the favourites in the user's order, or adds or removes some. Rejects with `not-found` or `ambiguous-cluster`
 * before anything changes.
 */
export async function runFavourites(
  session: Session,
  action: 'list' | 'add' | 'remove',
  words: readonly string[],
): Promise<number> {
  const { client, json, progress } = session;
  const { clusters, settings, favourites } = await knownClusters(session);
  progress.end();
  const known = new Map(clusters.map((one) => [one.id, one]));
  const titleOf = (id: ClusterId) => known.get(id)?.title ?? id;
  // A favourite that is gone is still known by its id.
  const ids = words.map(
    (word) => favourites.find((id) => id === word) ?? findCluster(word, known, settings.contextName).id,
  );
  let now: readonly ClusterId[] = favourites;
  for (const cluster of new Set(ids))
    now = (await client.call('favourite', { cluster, on: action === 'add' })).favourites;
  if (json) writeJson({ favourites: now.map((cluster) => ({ cluster, title: titleOf(cluster) })) });
  else if (action !== 'list')
    writeLines([
      printable(
        action === 'add'
          ? `Added to favourites: ${listed(ids.map(titleOf))}.`
          : `Removed from favourites: ${listed(ids.map(titleOf))}.`,
      ),
    ]);
  else if (now.length === 0) writeAside(['No favourites yet. Add one: k8s-tunnels favourites add CLUSTER']);
  else writeLines(now.map((id) => printable(titleOf(id))));
  return exitCodes.ok;
}
