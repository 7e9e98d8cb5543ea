import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './blocks.ts';

const text = await readFile(path.join(root, 'docs/where.md'), 'utf8');
const rows = [...text.matchAll(/^\| (.+\?) \| `([^`]+)` \|$/gm)].map(
  ([, question = '', file = '']) => [question, file] as const,
);

it.each(rows)('%s %s', async (_, file) => {
  expect((await stat(path.join(root, file))).isFile()).toBe(true);
});

it('every row is read, and no file answers two questions', () => {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  // The first is the head of the table.
  expect(rows).toHaveLength(lines.length - 1);
  expect(rows.length).toBeGreaterThanOrEqual(25);
  expect(new Set(rows.map(([, file]) => file)).size).toBe(rows.length);
});
