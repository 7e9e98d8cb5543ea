import { expect, test } from 'vitest';
import { createResolvedSets } from '../../../main/agent/favourites/organisation-sets.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { aCluster } from '../../renderer/shown.ts';

const staging = (name: string) => aCluster(name, { environment: 'Staging', group: 'core' });

const resolved = (clusters: readonly Cluster[] = []) => {
  const large: unknown[] = [];
  const sets = createResolvedSets({
    clusters: () => clusters,
    onTooLarge: (name, count) => large.push([name, count]),
  });
  sets.define([{ name: 'Core', tags: { environment: 'staging', group: 'CORE' } }]);
  return {
    sets,
    large,
    titles: () => sets.list().map(({ clusters: ids }) => ids.map((id) => id.split('/').at(-1))),
  };
};

test('a set follows the tags of the catalog, in the order of the names', () => {
  const b = staging('b');
  const { sets, titles } = resolved([b, aCluster('other', { environment: 'staging' })]);
  expect(titles()).toEqual([['b']]);
  sets.hear({ upserted: [staging('c'), staging('a')], removed: [] });
  expect(titles()).toEqual([['a', 'b', 'c']]);
  sets.hear({ upserted: [aCluster('c', { environment: 'production', group: 'core' })], removed: [b.id] });
  expect(titles()).toEqual([['a']]);
  sets.hear({ upserted: [], removed: [staging('a').id] });
  expect(titles()).toEqual([]);
  sets.define([]);
  expect(sets.list()).toEqual([]);
});

test('a set of more than 50 clusters is left out, and reported once', () => {
  const many = Array.from({ length: 51 }, (_, at) => staging(`c${at}`));
  const { sets, titles, large } = resolved(many);
  expect(titles()).toEqual([]);
  expect(titles()).toEqual([]);
  expect(large).toEqual([['Core', 51]]);
  sets.hear({ upserted: [], removed: many.slice(0, 1).map(({ id }) => id) });
  expect(titles()).toEqual([expect.objectContaining({ length: 50 })]);
});
