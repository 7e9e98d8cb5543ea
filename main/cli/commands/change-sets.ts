import { findCluster } from '../../agent/catalog/find-cluster.ts';
import { clustersMeant, parseLink, setLinkOf } from '../../api/link.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { ClusterSet } from '../../model/cluster-set.ts';
import { setKey } from '../../model/set-limits.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable } from '../terminal.ts';
import { knownClusters } from './list.ts';

export type SetAction = 'save' | 'add' | 'remove' | 'rename' | 'delete' | 'link';

/**
 * Changes a set, or prints its link. Rejects with `not-found` for a set or a cluster that does not exist, and with
 * `bad-input` where nothing would be left in the set.
 */
export async function runChangeSet(
  session: Session,
  action: SetAction,
  name: string,
  words: readonly string[],
): Promise<number> {
  const { client, json, progress } = session;
  const snapshot = await knownClusters(session);
  progress.end();
  const found = snapshot.sets.find((set) => setKey(set.name) === setKey(name));
  if (action === 'save' && words.length === 0) return saveLinked(session, name, snapshot);
  if (action === 'save') {
    const clusters = words.map((word) => idOf(word, snapshot));
    await client.call('set-save', { name, clusters });
    return report(session, `Saved the set "${name.trim()}" of ${titles(clusters, snapshot)}.`);
  }
  if (found === undefined)
    throw new AppError('not-found', `There is no set called "${name}".`, { hint: 'See `k8s-tunnels sets`.' });
  switch (action) {
    case 'link': {
      const link = setLinkOf(found);
      if (json) writeJson({ link });
      else writeLines([printable(link)]);
      return exitCodes.ok;
    }
    case 'delete':
      await client.call('set-remove', { name: found.name });
      return report(session, `Deleted the set "${found.name}".`);
    case 'rename': {
      const [next = ''] = words;
      await client.call('set-save', { name: next, clusters: [...found.clusters], replaces: found.name });
      return report(session, `Renamed the set "${found.name}" to "${next.trim()}".`);
    }
    case 'add':
    case 'remove': {
      const changed = words.map((word) => memberOf(found, word) ?? idOf(word, snapshot));
      const clusters = membersAfter(action, found, changed);
      if (clusters.length === 0)
        throw new AppError('bad-input', 'A set has at least one cluster.', {
          hint: 'To delete the set: k8s-tunnels sets delete NAME',
        });
      await client.call('set-save', { name: found.name, clusters: [...clusters] });
      return report(session, `The set "${found.name}" now has ${titles(clusters, snapshot)}.`);
    }
  }
}

/** Saves the set that a link proposes. Unlike `save`, it replaces no set, because its sender chose the name. */
async function saveLinked(session: Session, text: string, snapshot: Snapshot): Promise<number> {
  const link = parseLink(text);
  if (link.kind !== 'set')
    throw new AppError('bad-input', 'The link proposes no set.', {
      hint: 'Such a link begins with k8s-tunnels://set?name=',
    });
  const { name, of } = link;
  if (snapshot.sets.some((set) => setKey(set.name) === setKey(name) && set.organisation !== true))
    throw new AppError('bad-input', `There is a set called "${name}" already.`, {
      hint: 'Rename or delete it first: see k8s-tunnels sets --help',
    });
  const meant = clustersMeant(of, new Map(snapshot.clusters.map((one) => [one.id, one])));
  const clusters = meant.flatMap((one) => (one.kind === 'known' ? one.cluster.id : []));
  writeAside(meant.flatMap((one) => (one.kind === 'unknown' ? printable(one.why) : [])));
  if (clusters.length === 0)
    throw new AppError('not-found', 'You have no cluster of the set that the link proposes.');
  await session.client.call('set-save', { name, clusters });
  return report(session, `Saved the set "${name}" of ${titles(clusters, snapshot)}.`);
}

function membersAfter(
  action: 'add' | 'remove',
  { clusters }: ClusterSet,
  changed: readonly ClusterId[],
): readonly ClusterId[] {
  return action === 'add'
    ? [...new Set([...clusters, ...changed])]
    : clusters.filter((id) => !changed.includes(id));
}

/** A cluster that is gone is still known by its id. */
function memberOf({ clusters }: ClusterSet, word: string): ClusterId | undefined {
  return clusters.find((id) => id === word);
}

function idOf(word: string, { clusters, settings }: Pick<Snapshot, 'clusters' | 'settings'>): ClusterId {
  return findCluster(word, new Map(clusters.map((one) => [one.id, one])), settings.contextName).id;
}

function titles(ids: readonly ClusterId[], { clusters }: Pick<Snapshot, 'clusters'>): string {
  const known = new Map(clusters.map(({ id, title }) => [id, title]));
  return listed(ids.map((id) => known.get(id) ?? id));
}

async function report({ client, json }: Session, sentence: string): Promise<number> {
  if (json) writeJson({ sets: (await client.call('snapshot', {})).sets });
  else writeLines([printable(sentence)]);
  return exitCodes.ok;
}
