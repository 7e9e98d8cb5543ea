import { expect, test } from 'vitest';
import { quantityKey } from '../../../main/agent/compare/quantity.ts';

test.each([
  ['500m', '0.5'],
  ['500m', '.5'],
  ['1', '1000m'],
  ['1', '1.000'],
  ['1Gi', '1024Mi'],
  ['1.5Gi', '1536Mi'],
  ['1k', '1e3'],
  ['1M', '1E6'],
  ['128974848', '123Mi'],
  ['0', '0m'],
  ['-1', '-1000m'],
  ['100u', '0.1m'],
  ['5.', '5'],
])('%s is %s', (a, b) => {
  expect(quantityKey(a)).toBe(quantityKey(b));
});

test.each([
  ['1Gi', '1G'],
  ['1', '-1'],
  ['1m', '1M'],
  ['1E', '1Ei'],
  ['1e3', '1e-3'],
  ['0.1', '0.10000000000000001'],
])('%s is not %s', (a, b) => {
  expect(quantityKey(a)).not.toBe(quantityKey(b));
});

test.each(['', '.', 'many', '1KiB', '1e999', '1e61', '0x10', '1 Gi', `${'9'.repeat(41)}`, '1.0e-60'])(
  '%s is no quantity, and stays what it is',
  (text) => {
    expect(quantityKey(text)).toBe(text);
  },
);
