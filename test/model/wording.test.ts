import { describe, expect, test } from 'vitest';
import { byteSize, duration, latency, listed, plural } from '../../main/model/wording.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-1, '<1m'],
  [minute - 1, '<1m'],
  [minute, '1m'],
  [hour - 1, '59m'],
  [hour, '1h'],
  [7 * hour + 12.9 * minute, '7h 12m'],
  [day - 1, '23h 59m'],
  [day, '1d'],
  [3 * day + 4 * hour + 59 * minute, '3d 4h'],
  [3 * day + 59 * minute, '3d'],
])('%d ms last %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('a latency is in whole milliseconds', () => {
  expect([latency(41.6), latency(1_234.4)]).toEqual(['42 ms', '1,234 ms']);
});

describe('a number', () => {
  test('takes the form that the language has for it', () => {
    const forms = { one: '# cluster', other: '# clusters' };
    expect([0, 1, 2, 1_204].map((count) => plural(count, forms))).toEqual([
      '0 clusters',
      '1 cluster',
      '2 clusters',
      '1,204 clusters',
    ]);
  });

  test('takes the general form where there is no other', () => {
    expect(plural(1, { other: '# more' })).toBe('1 more');
  });
});

test('names are listed, and how many more there are', () => {
  expect([listed(['a']), listed(['a', 'b', 'c']), listed(['a', 'b'], 6)]).toEqual([
    'a',
    'a, b and c',
    'a, b and 4 more',
  ]);
});

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
