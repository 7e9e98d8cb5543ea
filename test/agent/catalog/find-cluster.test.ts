import { expect, test } from 'vitest';
import { findCluster } from '../../../main/agent/catalog/find-cluster.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import { contextNames, withId } from '../../../main/model/context-name.ts';
import { eksCluster } from './clusters.ts';

const named = (title: string, at: number) => ({
  ...eksCluster(`c${at}`),
  id: clusterId('eks', '1', 'eu-west-1', `c${at}`),
  title,
});
const clusters = ['pay / eu @ops', '--help', 'prod', 'prod'].map(named);
const all = new Map(clusters.map((cluster) => [cluster.id, cluster]));
const find = (word: string) => findCluster(word, all).id;

test.each(clusters.map(({ id }) => id))('%s is found by its id and by its context name', (id) => {
  expect(find(id)).toBe(id);
  expect(find(contextNames(clusters).get(id) ?? '')).toBe(id);
});

test('by its title too, and by the name that its entry got where another had it', () => {
  expect(find('pay / eu @ops')).toBe(clusters[0]?.id);
  expect(find('--help')).toBe(clusters[1]?.id);
  expect(find('HELP')).toBe(clusters[1]?.id);
  expect(find(withId('help', clusters[1]?.id ?? ''))).toBe(clusters[1]?.id);
  expect(() => find('prod')).toThrow(expect.objectContaining({ code: 'ambiguous-cluster' }));
});

test.each([
  ['the context name of another cluster', 'Prod EU', 'Prod-EU', 'Prod-EU'],
  [
    'the name that its entry gets where another has it',
    'mill',
    withId('mill', 'eks/1/eu-west-1/c0'),
    undefined,
  ],
])('not by a title that is %s', (_, victim, title, word = title) => {
  const pair = [victim, title].map(named);
  const among = new Map(pair.map((cluster) => [cluster.id, cluster]));
  expect(() => findCluster(word, among)).toThrow(expect.objectContaining({ code: 'ambiguous-cluster' }));
  for (const { id } of pair) expect(findCluster(contextNames(pair).get(id) ?? '', among).id).toBe(id);
});

test.each([
  ['one letter of three', 'dov', 'dev'],
  ['two of seven', 'billnig', 'billing'],
])('a name that is wrong by %s leads to the right one', (_, typed, title) => {
  const cluster = named(title, 0);
  expect(() => findCluster(typed, new Map([[cluster.id, cluster]]))).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(`Did you mean ${title}?`) }),
  );
});

test('one that is wrong by two letters of five is another name', () => {
  const cluster = named('store', 0);
  expect(() => findCluster('stake', new Map([[cluster.id, cluster]]))).toThrow(
    expect.objectContaining({ hint: expect.not.stringContaining('Did you mean') }),
  );
});
