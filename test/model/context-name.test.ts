import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterId } from '../../main/model/cluster.ts';
import { contextName, contextNames, withId } from '../../main/model/context-name.ts';

const named = (title: string, name = title, account = '1') => ({
  id: clusterId('eks', account, 'eu-west-1', name),
  title,
});
const nameOf = (title: string, name = 'orders') => contextName(named(title, name), []);

test.each([
  ['orders-eu', 'orders-eu'],
  ['Team@EU:orders/1.2_b', 'Team@EU:orders/1.2_b'],
  ['pay / eu @ops', 'pay-/-eu-@ops'],
  ['--help', 'help'],
  ["x'; touch /tmp/pwned; echo '", 'x-touch-/tmp/pwned-echo'],
  ['depot\u001b[2J-berlin', 'depot-berlin'],
  ['\u202eprod', 'prod'],
  ['$(id)`id`%PATH%&calc', 'id-id-PATH-calc'],
  ['café münchen', 'caf-m-nchen'],
  ['раyments-prod-eu', 'yments-prod-eu'],
  // No ASCII letter: the id.
  ['東京', 'eks/1/eu-west-1/orders'],
  ['42', 'eks/1/eu-west-1/orders'],
  ['', 'eks/1/eu-west-1/orders'],
  ['\u200b', 'eks/1/eu-west-1/orders'],
  ['a'.repeat(300), 'a'.repeat(200)],
])('%j is called %j', (title, wanted) => {
  expect(nameOf(title)).toBe(wanted);
});

test('every title and id makes a name that is plain in every shell', () => {
  const anything = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(anything, anything, (title, name) => {
      expect(nameOf(title, name)).toMatch(/^[A-Za-z0-9_][\w.@/:-]{0,199}$/);
    }),
    { numRuns: 500 },
  );
});

test('clusters that want one name all get a part of their ids, whichever comes first', () => {
  const clusters = [named('prod', 'a'), named('prod', 'b'), named('other', 'c'), named('p rod', 'd')];
  const names = contextNames(clusters);
  expect([...names.values()]).toEqual([
    expect.stringMatching(/^prod-[0-9a-f]{8}$/),
    expect.stringMatching(/^prod-[0-9a-f]{8}$/),
    'other',
    'p-rod',
  ]);
  expect(new Set(names.values()).size).toBe(4);
  expect(contextNames(clusters.toReversed())).toEqual(new Map([...names].reverse()));
  for (const cluster of clusters) expect(contextName(cluster, clusters)).toBe(names.get(cluster.id));
});

test('a title that copies the name of another does not get it', () => {
  const [a, b] = [named('prod', 'a'), named('prod', 'b')];
  const stolen = contextName(a, [a, b]);
  const thief = named(stolen, 'thief');
  const names = contextNames([a, b, thief]);
  expect(names.get(a.id)).toBe(stolen);
  expect(names.get(thief.id)).toBe(`${stolen}-${withId('', thief.id).slice(1)}`);
});

test('long names that differ late are told apart, within the length', () => {
  const long = 'a'.repeat(250);
  const names = [...contextNames([named(`${long}1`), named(`${long}2`)]).values()];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toHaveLength(200);
});

test('a name that a kubeconfig has, or had, never moves to another cluster', () => {
  const [a, b] = [named('prod', 'a'), named('prod', 'b')];
  const given = { prod: a.id };
  // The first one is gone, or its account was not read yet.
  expect(contextName(b, [b], { given })).toBe(withId('prod', b.id));
  expect(contextNames([b], { given }).get(b.id)).toBe(withId('prod', b.id));
  expect(contextName(a, [a], { given })).toBe('prod');
  expect(contextNames([a], { given }).get(a.id)).toBe('prod');
  // A title is no key of an object.
  const odd = named('constructor', 'c');
  expect(contextName(odd, [odd], { given })).toBe('constructor');
});
