import { expect, test } from 'vitest';
import { ago, dateOf, momentOf } from '../../../renderer/text/times.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-1, 'now'],
  [minute - 1, 'now'],
  [5 * minute, '5 min ago'],
  [hour - 1, '59 min ago'],
  [3 * hour, '3 hr ago'],
  [day, 'yesterday'],
  [2 * day - 1, 'yesterday'],
  [12.9 * day, '12 days ago'],
])('%d ms are %s', (ms, words) => {
  expect(ago(ms)).toBe(words);
});

test('a moment of another day has its date, a date its year', () => {
  const at = new Date('2026-03-04T17:30').getTime();
  expect(momentOf(at, at + hour)).toBe('17:30');
  expect(momentOf(at, at + day)).toBe('Wed 4 Mar, 17:30');
  expect(dateOf(at)).toBe('4 March 2026');
});
