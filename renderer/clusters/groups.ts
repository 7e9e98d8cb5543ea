import type { Cluster } from '../../main/model/cluster.ts';
import { type GroupBy, groupKey } from '../../main/model/group-key.ts';
import { clusterText } from '../text/cluster.ts';
import { accountOf, fullAccountOf } from '../text/location.ts';
import type { Section } from './layout.ts';
import { clustersText } from './text.ts';

/** Groups clusters and sorts the groups by title; clusters without a group come last. */
export function groupsOf(clusters: readonly Cluster[], by: GroupBy): readonly Section[] {
  const groups = [...Map.groupBy(clusters, (cluster) => groupKey(cluster, by))].map(([key, members]) => ({
    key,
    id: `${by} ${key}`,
    title: titleOf(key, members, by),
    clusters: members,
  }));
  const titles = Map.groupBy(groups, ({ title }) => title);
  return groups
    .map((group) => {
      const isShared = by === 'account' && (titles.get(group.title)?.length ?? 0) > 1;
      return isShared ? { ...group, title: `${group.title} (${group.clusters[0]?.account ?? ''})` } : group;
    })
    .sort(
      (a, b) =>
        Number(a.key === '') - Number(b.key === '') ||
        a.title.localeCompare(b.title) ||
        a.id.localeCompare(b.id),
    )
    .map(({ id, title, clusters }) => ({ id, title, clusters }));
}

function titleOf(key: string, members: readonly Cluster[], by: GroupBy): string {
  const [first] = members;
  if (first === undefined) return key;
  switch (by) {
    case 'account':
      return accountTitleOf(members, first);
    case 'cloud':
      return clusterText.sources[first.source];
    case 'none':
      return clustersText.sections.others;
    default:
      return key === '' ? clustersText.sections.without[by] : key;
  }
}

/** An AWS account is a number, which few people know: its name is beside it, or that of a profile. */
function accountTitleOf(members: readonly Cluster[], first: Cluster): string {
  // Some may have been discovered before the account's name was known.
  const named = members.find(({ accountName }) => accountName !== undefined) ?? first;
  if (named.source !== 'eks') return accountOf(named);
  return fullAccountOf({ ...named, accountName: named.accountName ?? profileOf(members) });
}

/** Returns the profile that signs in to most of the clusters. */
function profileOf(members: readonly Cluster[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { credential } of members) {
    if (credential?.kind !== 'eks') continue;
    // One without a name is the environment's credentials.
    const profile = credential.ways.find((way) => way.kind === 'profile' && way.name !== '');
    if (profile?.kind === 'profile') counts.set(profile.name, (counts.get(profile.name) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, one], [b, other]) => other - one || a.localeCompare(b));
  return most?.[0];
}

const fixed = ['connected', 'favourites', 'denied', 'found'];

/** Returns whether a section of the list can be collapsed. That of denied clusters has a button of its own. */
export function isCollapsible(id: Section['id']): boolean {
  return !fixed.includes(id) && !id.startsWith('late ');
}
