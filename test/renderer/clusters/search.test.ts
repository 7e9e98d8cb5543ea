import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  elsewhere,
  highlighted,
  matches,
  queryWords,
  suggestion,
} from '../../../renderer/clusters/search.ts';
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
      ['takes', 'what it is Takes the orders'],
      ['wiki', 'documentation https://wiki.example.com/orders'],
      ['shop-sys', 'namespace shop-system'],
      ['4711', 'k8s-tunnels-cost-centre CC-4711'],
      ['eks 7f3a', 'name there eks-7f3a'],
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
