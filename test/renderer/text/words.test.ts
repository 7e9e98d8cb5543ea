import { expect, test } from 'vitest';
import { byteWords } from '../../../renderer/text/bytes.ts';
import { agoWords, durationWords } from '../../../renderer/text/durations.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-1, 'less than a minute'],
  [minute - 1, 'less than a minute'],
  [minute, '1 min'],
  [hour - 1, '59 min'],
  [hour, '1 h'],
  [7 * hour + 12.9 * minute, '7 h 12 min'],
  [day - 1, '23 h 59 min'],
  [day, '1 d'],
  [3 * day + 4 * hour + 59 * minute, '3 d 4 h'],
])('%d ms last %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test.each([
  [0, 'just now'],
  [5 * minute, '5 min ago'],
  [hour - 1, '59 min ago'],
  [3 * hour, '3 h ago'],
  [day, 'yesterday'],
  [2 * day - 1, 'yesterday'],
  [12.9 * day, '12 days ago'],
])('%d ms are %s', (ms, words) => {
  expect(agoWords(ms)).toBe(words);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [12_400, '12.4 kB'],
  [310_000_000, '310 MB'],
  [5_250_000_000, '5.3 GB'],
  [7e15, '7000 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(byteWords(bytes)).toBe(words);
});

test('a value that rounds up to the next unit is said in that unit', () => {
  expect([byteWords(999_999), byteWords(99_960)]).toEqual(['1.0 MB', '100 kB']);
});
