import { expect, test } from 'vitest';
import type { Cluster } from '../../../main/model/cluster.ts';
import type { GroupBy } from '../../../main/model/group-key.ts';
import { type Filter, filtersOf, passes } from '../../../renderer/clusters/filters.ts';
import { groupsOf } from '../../../renderer/clusters/groups.ts';
import { aCluster } from '../shown.ts';

const clusters = [
  aCluster('a', { environment: 'prod', group: 'shop' }),
  aCluster('b', { environment: 'Production', account: '444455556666', accountName: 'Lab' }),
  aCluster('c', { environment: 'staging', source: 'gke', account: 'lab', group: 'shop' }),
  aCluster('d', { source: 'vault', account: 'clusters', region: '/' }),
];
const [a, b] = clusters as [Cluster, Cluster, ...Cluster[]];

test.each<[GroupBy, string[]]>([
  [
    'account',
    ['EKS · 111122223333: a', 'EKS · Lab (444455556666): b', 'GKE · lab: c', 'On-prem · clusters: d'],
  ],
  ['environment', ['production: a b', 'staging: c', 'No environment: d']],
  ['cloud', ['EKS: a b', 'GKE: c', 'On-prem: d']],
  ['group', ['shop: a c', 'No group: b d']],
  ['none', ['Clusters: a b c d']],
])('groups by %s', (by, expected) => {
  const groups = groupsOf(clusters, by);
  expect(
    groups.map(({ title, clusters: members }) => `${title}: ${members.map((one) => one.title).join(' ')}`),
  ).toEqual(expected);
  expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length);
});

test('of one facet any filter has to fit, of several facets each', () => {
  const known = filtersOf(clusters).flatMap(({ filters }) => filters);
  const passing = (...titles: string[]) => {
    const filters = titles.map((title) => known.find((one) => one.title === title) as Filter);
    expect(filters).not.toContain(undefined);
    const facts = {
      open: new Set([b.id]),
      favourites: new Set([a.id, b.id]),
      isDenied: (cluster: Cluster) => cluster === a,
    };
    return clusters.filter((one) => passes(one, filters, facts)).map(({ title }) => title);
  };
  expect(passing()).toEqual(['a', 'b', 'c', 'd']);
  expect(passing('production')).toEqual(['a', 'b']);
  expect(passing('production', 'staging')).toEqual(['a', 'b', 'c']);
  expect(passing('No environment')).toEqual(['d']);
  expect(passing('production', 'EKS · Lab (444455556666)')).toEqual(['b']);
  expect(passing('EKS', 'staging')).toEqual([]);
  expect(passing('EKS', 'GKE', 'staging')).toEqual(['c']);
  expect(passing('Favourite')).toEqual(['a', 'b']);
  expect(passing('Favourite', 'Connected')).toEqual(['b']);
  expect(passing('No access')).toEqual(['a']);
});

test('a facet that all clusters share is not offered', () => {
  expect(filtersOf([a, b]).map(({ title }) => title)).toEqual(['State', 'Account']);
});
