import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches } from '../../../main/model/cluster-search.ts';
import { endOf } from '../../../renderer/clusters/ends.ts';
import { elsewhere, highlighted, queryWords, suggestion } from '../../../renderer/clusters/search.ts';
import { aCluster } from '../shown.ts';

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
      expect(matches(orders, queryWords(query))).toBe(true);
    },
  );

  test('finds it by the name of its account and by the id, whatever is shown', () => {
    const named = { ...orders, accountName: 'Platform Team' };
    for (const query of ['platform', 'eks 44445', '4444 team'])
      expect(matches(named, queryWords(query))).toBe(true);
  });

  test('finds it by any of its tags, and says by which where the row does not show it', () => {
    const tagged = {
      ...orders,
      owner: 'Team Shop',
      description: 'Takes the orders',
      docs: 'https://wiki.example.com/orders',
      namespace: 'shop-system',
      tags: { 'k8s-tunnels-cost-centre': 'CC-4711' },
    };
    const shown = 'Orders EKS · 444455556666 · eu-central-1';
    for (const [query, where] of [
      ['TEAM', 'owner Team Shop'],
      ['takes', 'description Takes the orders'],
      ['wiki', 'documentation https://wiki.example.com/orders'],
      ['shop-sys', 'namespace shop-system'],
      ['4711', 'k8s-tunnels-cost-centre CC-4711'],
      ['eks 7f3a', 'cluster name eks-7f3a'],
      ['orders central', undefined],
    ] as const) {
      expect(matches(tagged, queryWords(query))).toBe(true);
      expect(elsewhere(tagged, queryWords(query), shown)).toBe(where);
    }
  });

  test.each(['orders2', 'orders prod', 'ordersstaging', '.*', 'stagingshop'])('of %j does not', (query) => {
    expect(matches(orders, queryWords(query))).toBe(false);
  });

  test('that finds nothing brings to mind the nearest name', () => {
    const clusters = [aCluster('payments-production'), orders, aCluster('search')];
    expect(suggestion(' payemnts', clusters)).toBe('payments-production');
    expect(suggestion('serch', clusters)).toBe('search');
    expect(suggestion('serch', [])).toBeUndefined();
    expect(suggestion('kafka', clusters)).toBeUndefined();
  });
});

describe('what is marked', () => {
  const marked = (text: string, ...words: string[]) =>
    highlighted(text, words)
      .filter(({ isHit }) => isHit)
      .map((piece) => piece.text);

  test('is each place of each word, in any case, the longer word first', () => {
    expect(marked('Pay-payments-PAY', 'pay', 'payments')).toEqual(['Pay', 'payments', 'PAY']);
    expect(marked('orders')).toEqual([]);
  });

  test('is the text of signs that a regular expression would read otherwise', () => {
    expect(marked('a.b*c(d)[e]', '.', '*', '(d)', '[e]')).toEqual(['.', '*', '(d)', '[e]']);
    expect(marked('a^b$c|d\\e', 'x|d', '^b$')).toEqual(['^b$']);
  });

  test('joins to the text, and each piece knows where it begins', () => {
    const signs = fc.string({ unit: fc.constantFrom(...'aAbB.*+?^{}$()|[]\\-/ é') });
    fc.assert(
      fc.property(signs, signs, (text, query) => {
        const pieces = highlighted(text, queryWords(query));
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        for (const piece of pieces) {
          expect(text.slice(piece.at, piece.at + piece.text.length)).toBe(piece.text);
          if (piece.isHit) expect(queryWords(query)).toContain(piece.text.toLowerCase());
        }
      }),
    );
  });
});

test('a slip of the fingers leads to production only where nothing else is as near', () => {
  const prod = aCluster('pay-prd', { environment: 'production' });
  expect(suggestion('pay-xxd', [prod, aCluster('pay-std')])).toBe('pay-std');
  expect(suggestion('pay-pdr', [prod, aCluster('pay-std')])).toBe('pay-prd');
});

test('a name is divided between whole characters, and its end is never empty', () => {
  expect(endOf('payments-northern-prod-eu')).toBe('payments-northern-prod-eu'.length - 12);
  expect(endOf('archive')).toBe(4);
  expect(endOf('a')).toBe(1);
  // A flag, an accent that is a character of its own, and letters that join.
  const flags = '🇩🇪🇫🇷🇮🇹🇪🇸';
  expect(flags.slice(endOf(flags))).toBe('🇮🇹🇪🇸');
  expect('e\u0301e\u0301'.slice(endOf('e\u0301e\u0301'))).toBe('e\u0301');
  expect(endOf('مدفوعات')).toBe('مدفوعات'.length);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      expect(endOf(name)).toBeGreaterThan(0);
      expect((name.slice(0, endOf(name)) + name.slice(endOf(name))).isWellFormed()).toBe(true);
      expect(name.slice(endOf(name)).isWellFormed()).toBe(true);
    }),
  );
});
