import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { LongestFirst, longFiles } from './longest-first.ts';

const root = path.resolve(import.meta.dirname, '..');

test('every file that is said to take long is there', () => {
  expect(Object.keys(longFiles).filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('the longest files come first, each project for itself', async () => {
  const config = { sequence: { groupOrder: 0 } };
  const alone = { name: 'alone', config: { ...config, isolate: true } };
  const shared = { name: 'shared', config: { ...config, isolate: false } };
  const file = (name: string, project: object) =>
    ({ moduleId: path.join(root, name), project }) as unknown as TestSpecification;
  const [longest = '', next = ''] = Object.entries(longFiles)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name]) => name);
  const files = [
    file('test/renderer/accessibility.test.ts', shared),
    file('test/new.test.ts', alone),
    file(next, alone),
    file('test/other.test.ts', shared),
    file(longest, alone),
  ];
  const cache = { getTestSpecificationResult: () => ({ failed: false, duration: 1 }) };
  const sorted = await new LongestFirst({ cache } as unknown as Vitest).sort(files);
  expect(sorted.map(({ moduleId }) => path.relative(root, moduleId))).toEqual([
    longest,
    next,
    'test/new.test.ts',
    'test/renderer/accessibility.test.ts',
    'test/other.test.ts',
  ]);
});
