import { accountTitle } from './account-name.ts';
import type { Cluster, ClusterId } from './cluster.ts';

type Listed = Pick<Cluster, 'id' | 'title' | 'source' | 'account' | 'accountName' | 'region' | 'name'>;

/**
 * Returns what distinguishes clusters that a list would show alike, because they have the same title and location: their
 * account's id, their resource group or their name at the source. The others are left out.
 */
export function distinctions(clusters: Iterable<Listed>): ReadonlyMap<ClusterId, string> {
  const alike = Map.groupBy(clusters, (one) =>
    [one.title, one.source, accountTitle(one), one.region].join('\n'),
  );
  const found = new Map<ClusterId, string>();
  for (const members of alike.values()) {
    if (members.length < 2) continue;
    for (const one of members) {
      const texts = differences.flatMap(({ of, text }) =>
        members.some((other) => of(other) !== of(one)) ? [text(of(one))] : [],
      );
      if (texts.length > 0) found.set(one.id, texts.join(', '));
    }
  }
  return found;
}

const differences: readonly { of(one: Listed): string; text(value: string): string }[] = [
  { of: ({ account }) => account, text: (account) => `account ${account}` },
  { of: groupOf, text: (group) => (group === '' ? 'no resource group' : `resource group ${group}`) },
  { of: ({ name }) => name, text: (name) => `name ${name}` },
];

/** Returns the resource group, which AKS has in the ids of its clusters. */
function groupOf({ source, id }: Listed): string {
  if (source !== 'aks') return '';
  const [, , , name = ''] = id.split('/');
  const [group = '', ...rest] = decodeURIComponent(name).split('/');
  return rest.length === 0 ? '' : group;
}
