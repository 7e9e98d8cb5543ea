import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const text = await readFile(path.join(root, 'docs/security.md'), 'utf8');
const named = [...text.matchAll(/`([\w./-]+) › ([^`]+)`/g)].map(
  ([, file = '', title = '']) => [file, title] as const,
);

test.each(named)('the test that shows it is there: %s › %s', async (file, title) => {
  const source = await readFile(path.join(root, 'test', `${file}.ts`), 'utf8');
  expect(source).toContain(title);
});

test('every row of what holds names its test', () => {
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'))
    .map((line) => line.split(' | '));
  const unnamed = rows.filter(
    ([, , last = '']) =>
      !/^`[\w./-]+ › /.test(last) && !/^(0600.*|theirs|) ?\|$/.test(last) && last !== 'mode |',
  );
  expect(unnamed).toEqual([]);
  expect(named.length).toBeGreaterThan(40);
});
