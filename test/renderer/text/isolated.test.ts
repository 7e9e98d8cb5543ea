import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isolated } from '../../../renderer/text/isolated.ts';

const arabic = 'مدفوعات';

test('what runs from left to right stays as it is', () => {
  for (const part of ['', 'payments-eu', 'Größe 東京 🚀', 'a · b']) expect(isolated(part)).toBe(part);
});

test('what runs or turns from right to left is closed off', () => {
  expect(isolated(arabic)).toBe(`\u2068${arabic}\u2069`);
  expect(isolated('\u202Egnigats')).toBe('\u2068\u202Egnigats\u2069');
  // It cannot end what closes it off.
  expect(isolated(`${arabic}\u2069\u202Ex`)).toBe(`\u2068${arabic}\u202Ex\u2069`);
});

test('whatever is in it, there is one beginning and one end', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'م', '\u202e', '\u2066', '\u2068', '\u2069') }),
      (part) => {
        const count = isolated(part).match(/[\u2066-\u2069]/g)?.length ?? 0;
        expect([0, 2]).toContain(count);
      },
    ),
  );
});
