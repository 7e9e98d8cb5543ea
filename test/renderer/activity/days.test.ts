import { expect, test } from 'vitest';
import { daysOf } from '../../../renderer/activity/days.ts';

const at = (text: string) => ({ at: new Date(text).getTime() });

test('entries stand by the days of where the person is', () => {
  const entries = [
    '2026-03-02T00:01',
    '2026-03-02T00:00',
    '2026-03-01T23:59',
    '2026-02-28T12:00',
    '2026-02-28T01:00',
    '2025-12-31T23:00',
  ].map(at);
  const days = daysOf(entries, at('2026-03-02T08:00').at);
  expect(days.map(({ title, entries: list }) => [title, list.length])).toEqual([
    ['Today', 2],
    ['Yesterday', 1],
    ['Saturday 28 February', 2],
    ['31 December 2025', 1],
  ]);
  expect(days.flatMap((day) => day.entries)).toEqual(entries);
  expect(daysOf([], 1)).toEqual([]);
});

test('a new day makes today yesterday', () => {
  const [entry] = [at('2026-03-02T12:00')];
  if (entry === undefined) throw new Error('no entry');
  const titleAt = (now: string) => daysOf([entry], at(now).at)[0]?.title;
  expect([titleAt('2026-03-02T23:59'), titleAt('2026-03-03T00:00'), titleAt('2026-03-04T00:00')]).toEqual([
    'Today',
    'Yesterday',
    'Monday 2 March',
  ]);
});
