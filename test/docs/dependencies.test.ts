import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './blocks.ts';

type Names = Readonly<Record<string, string>>;

it('docs/dependencies.md has a row for each dependency, and no other', async () => {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    readonly [kind in 'dependencies' | 'devDependencies' | 'optionalDependencies']: Names;
  };
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const named = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const text = await readFile(path.join(root, 'docs/dependencies.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)];
  expect(new Set(rows.map(([, name]) => name))).toEqual(new Set(named));
  expect(rows).toHaveLength(named.length);
  const cells = rows.map(([, name, rest = '']) => [name, ...rest.split('|').map((cell) => cell.trim())]);
  expect(cells.filter(([, use, , size, upkeep]) => !(use && size && upkeep))).toEqual([]);
  const product = text.split('## What the window')[0] ?? '';
  const missing = Object.keys(dependencies).filter((name) => !product.includes(`| \`${name}\` |`));
  expect(missing).toEqual([]);
});
