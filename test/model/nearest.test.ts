import { expect, test } from 'vitest';
import { nearest } from '../../main/model/nearest.ts';

const titles = ['batch', 'ledger-prod', 'payments-prod-eu', 'payments-staging-eu', 'edge'];

test.each([
  ['ledgre', 'ledger-prod'],
  ['prod', 'ledger-prod'],
  ['paymnets-staging', 'payments-staging-eu'],
  ['EDGE', 'edge'],
  ['bach', 'batch'],
])('%s may have meant %s', (text, meant) => {
  expect(nearest(text, titles, 1)).toEqual([meant]);
});

test('answers no more than there are, each once', () => {
  expect(nearest('a', ['b', 'b', 'a'], 5)).toEqual(['a', 'b']);
});
