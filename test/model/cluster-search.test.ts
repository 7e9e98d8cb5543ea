import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../main/model/cluster.ts';
import { clusterRank, matches, nameRank, ranked } from '../../main/model/cluster-search.ts';
import { isProduction } from '../../main/model/is-production.ts';
import { lettersMatch } from '../../main/model/letters-match.ts';
import { aCluster } from '../renderer/shown.ts';

const wordsOf = (query: string) => query.toLowerCase().split(' ').filter(Boolean);
const found = (query: string, some: readonly Cluster[]) =>
  ranked(some, wordsOf(query)).map(({ title }) => title);

const orders = aCluster('Orders', {
  name: 'eks-7f3a',
  account: '444455556666',
  region: 'eu-central-1',
  environment: 'staging',
  group: 'Shop',
});

describe('a query', () => {
  test.each(['orders', 'ORD', 'eks-7f', '4444', 'eu-central', 'staging shop', ' shop  ord ', ''])(
    'of %j finds the cluster',
    (query) => {
      expect(matches(orders, wordsOf(query))).toBe(true);
    },
  );

  test.each(['orders2', 'orders prod', 'ordersstaging', '.*', 'stagingshop'])('of %j does not', (query) => {
    expect(matches(orders, wordsOf(query))).toBe(false);
  });

  test('finds clusters of Vault as on-prem', () => {
    expect(matches(aCluster('plant', { source: 'vault' }), ['on-prem'])).toBe(true);
  });
});

describe('the order of what is found', () => {
  const at = { account: '1', accountName: 'Web', region: 'north', environment: 'staging' };

  test('is name from its start, word of the name, part of it, letters of its words, owner and group, tags, location', () => {
    const inOrder = [
      aCluster('pay-east', at),
      aCluster('east-pay', at),
      aCluster('repay', at),
      aCluster('public-api-y', at),
      aCluster('one', { ...at, owner: 'Payments team' }),
      aCluster('two', { ...at, group: 'Payments' }),
      aCluster('three', { ...at, description: 'Settles payments' }),
      aCluster('four', { ...at, otherTags: { team: 'payments' } }),
      aCluster('five', { ...at, region: 'pay-region' }),
      aCluster('six', { ...at, accountName: 'Payments account' }),
    ];
    const expected = inOrder.map(({ title }) => title);
    expect(found('pay', inOrder)).toEqual(expected);
    // Equals keep their order: owner and group, two tags, region and account.
    const turned = expected.toReversed();
    const groups = [
      ['one', 'two'],
      ['three', 'four'],
      ['five', 'six'],
    ];
    expect(found('pay', inOrder.toReversed())).toEqual([
      ...turned.slice(6).toReversed(),
      ...groups.flatMap((group) => group.toReversed()),
    ]);
  });

  test('has letters of the words of a name: paystg is payments-staging', () => {
    const some = ['payments-prod', 'payments-staging', 'ledger-staging'].map((title) => aCluster(title));
    expect(found('paystg', some)).toEqual(['payments-staging']);
  });

  test('has the fewest words that are not in the name first', () => {
    const some = [
      aCluster('batch', { owner: 'pay team', region: 'st' }),
      aCluster('pay', { region: 'st-1' }),
      aCluster('pay-st', {}),
    ];
    expect(found('pay st', some)).toEqual(['pay-st', 'pay', 'batch']);
  });

  test('has the name that is the whole query first, production or not', () => {
    const ledger = aCluster('ledger', { environment: 'production' });
    expect(found('ledger', [aCluster('ledger-staging'), ledger])).toEqual(['ledger', 'ledger-staging']);
    expect(found('ledg', [ledger, aCluster('ledger-staging')])).toEqual(['ledger-staging', 'ledger']);
  });

  const piece = fc.constantFrom('pay', 'st', 'prod', 'eu', 'us', 'staging', 'ledger');
  const cluster = fc
    .record({
      title: fc.array(piece, { minLength: 1, maxLength: 3 }),
      environment: fc.constantFrom('production', 'prod', 'staging', undefined),
      production: fc.constantFrom(true, false, undefined),
      region: piece,
      owner: piece,
    })
    .map(({ title, environment, production, ...rest }) =>
      aCluster(title.join('-'), {
        ...rest,
        name: JSON.stringify([title, environment, production, rest]),
        ...(environment === undefined ? {} : { environment }),
        ...(production === undefined ? {} : { production }),
      }),
    );
  const many = fc.uniqueArray(cluster, { selector: ({ id }) => id });
  const query = fc.array(piece, { minLength: 1, maxLength: 3 });

  test('never has production before another that matches as well, and never a tag before a name', () => {
    fc.assert(
      fc.property(many, query, (some, words) => {
        const hits = ranked(some, words);
        expect(new Set(hits)).toEqual(new Set(some.filter((one) => matches(one, words))));
        for (const [at, hit] of hits.entries()) {
          const next = hits[at + 1];
          if (next === undefined) continue;
          const [rank = 0, nextRank = 0] = [clusterRank(hit, words), clusterRank(next, words)];
          expect(rank).toBeLessThanOrEqual(nextRank);
          if (rank === nextRank) expect(isProduction(hit) && !isProduction(next)).toBe(false);
        }
        const inName = (one: Cluster) => words.every((word) => nameRank(one.title, [word]) !== undefined);
        const firstOutside = hits.findIndex((one) => !inName(one));
        if (firstOutside >= 0) expect(hits.slice(firstOutside).some(inName)).toBe(false);
      }),
    );
  });
});

describe('the letters of a name', () => {
  test.each([
    ['payments-staging', 'paystg', true],
    ['payments-staging', 'pstg', true],
    ['pos-staging', 'pst', true],
    ['eks-prod-eu-west-1', 'epew1', true],
    ['search2', 'sea2', true],
    // The first letter begins a word, and so does each that leaves a word.
    ['payments-staging', 'ayst', false],
    ['payments-staging', 'payaging', false],
    ['payments-staging', 'gatsyap', false],
    // Two letters are too few.
    ['payments-staging', 'ps', false],
    ['a', 'abc', false],
    ['', 'abc', false],
  ])('of %s are %s: %s', (name, word, isMatch) => {
    expect(lettersMatch(name, word)).toBe(isMatch);
  });

  test('are found as by trying every way', () => {
    const text = (unit: string, maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...unit), maxLength });
    const tries = (name: string, word: string, from = 0, sameUntil = -1): boolean => {
      if (word === '') return true;
      for (let at = from; at < name.length; at += 1) {
        const isStart = at === 0 || name[at - 1] === '-';
        const wordEnd = name.indexOf('-', at);
        const fits = name[at] === word[0] && (isStart || at < sameUntil);
        if (fits && tries(name, word.slice(1), at + 1, wordEnd < 0 ? name.length : wordEnd)) return true;
      }
      return false;
    };
    fc.assert(
      fc.property(text('ab-', 9), text('ab', 5), (name, word) => {
        expect(lettersMatch(name, word)).toBe(word.length >= 3 && tries(name, word));
      }),
    );
  });
});
