import { expect, test } from 'vitest';
import { byteSize, secondsLeft } from '../../../renderer/text/quantities.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [12_400, '12.4 kB'],
  [310_000_000, '310 MB'],
  [5_250_000_000, '5.25 GB'],
  [7e15, '7,000 TB'],
])('%d bytes are %s', (bytes, size) => {
  expect(byteSize(bytes)).toBe(size);
});

test('a size that rounds up to the next unit is given in that unit', () => {
  expect([byteSize(999_999), byteSize(99_960)]).toEqual(['1 MB', '100 kB']);
});

test('seconds that are waited for are rounded up', () => {
  expect([secondsLeft(1), secondsLeft(1_000), secondsLeft(12_001)]).toEqual(['1s', '1s', '13s']);
});
