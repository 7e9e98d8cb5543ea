import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeValue, encodeValue, splitValue } from '../../../main/agent/catalog/tag-codec.ts';

/** Any text, with the characters that the code treats specially far more often than chance has them. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('.', '_', '__', '-', 'a', '7', 'A', ' ', 'é', '😀', '\u0000', '\ufeff', '__2e'))
    .map((parts) => parts.join('')),
);

describe('the portable form', () => {
  test('gives every text back and needs nothing but [a-z0-9_-]', () => {
    fc.assert(
      fc.property(text, (value) => {
        const encoded = encodeValue(value);
        expect(encoded).toMatch(/^[a-z0-9_-]*$/);
        expect(decodeValue(encoded)).toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });

  test('joined from its parts it is the same again, each part short enough for a label', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 63 }), (value, limit) => {
        const parts = splitValue('k8s-tunnels-hostname', encodeValue(value), limit);
        expect(Object.values(parts).every((part) => part.length <= limit)).toBe(true);
        expect(decodeValue(Object.values(parts).join(''))).toBe(value);
      }),
    );
  });

  test.each([
    ['k8s-prod.eu.example.com', 'k8s-prod_eu_example_com'],
    ['host:6443', 'host__3a6443'],
    ['ends.', 'ends__2e'],
    ['a_b', 'a__5fb'],
    ['é', '__c3__a9'],
    ['', ''],
  ])('%j is %j', (value, encoded) => {
    expect(encodeValue(value)).toBe(encoded);
  });

  test('a continuation is numbered from 2', () => {
    expect(Object.keys(splitValue('key', 'a'.repeat(130)))).toEqual(['key', 'key-2', 'key-3']);
  });

  test('what is not in the alphabet, or not well encoded, is read as it stands', () => {
    fc.assert(fc.property(text, (value) => void decodeValue(value)));
    for (const raw of ['Payments_EU', 'k8s.example.com', 'two words', 'a__zz', 'a__c3', '__ff']) {
      expect(decodeValue(raw)).toBe(raw);
    }
  });
});
