import { expect, test } from 'vitest';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { reordered } from '../../../renderer/clusters/favourite-order.ts';

const ids = (letters: string) => [...letters] as ClusterId[];
const moved = (all: string, shown: string, from: number, to: number) =>
  reordered(ids(all), ids(shown), { from, to })?.join('');

test('a favourite goes to the position of another, in both directions', () => {
  expect(moved('abcd', 'abcd', 0, 2)).toBe('bcad');
  expect(moved('abcd', 'abcd', 3, 1)).toBe('adbc');
  expect(moved('abcd', 'abcd', 3, 0)).toBe('dabc');
});

test('favourites that are shown elsewhere keep their position', () => {
  // `a` and `c` are connected.
  expect(moved('abcd', 'bd', 0, 1)).toBe('acdb');
  expect(moved('abcd', 'bd', 1, 0)).toBe('adbc');
});

test('nothing moves beyond the ends, onto itself, or what is no favourite', () => {
  for (const [from, to] of [
    [0, -1],
    [1, 2],
    [1, 1],
    [-1, 0],
  ] as const)
    expect(moved('ab', 'ab', from, to)).toBeUndefined();
});
