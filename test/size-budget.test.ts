import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Budget, bundleSizes, longFiles, mostLines } from '../scripts/measure/budget.ts';
import { root } from '../scripts/measure/sources.ts';

const budget = JSON.parse(await readFile(path.join(root, 'test/size-budget.json'), 'utf8')) as Budget;
const long = await longFiles(root);

it(`no product file has more than ${mostLines} lines, or than test/size-budget.json says of it`, () => {
  const over = [...long].filter(([file, lines]) => lines > (budget.files[file] ?? mostLines));
  expect(
    over.map(([file, lines]) => `${file}: ${lines}, at most ${budget.files[file] ?? mostLines}`),
  ).toEqual([]);
});

it('test/size-budget.json names only files that are still long', () => {
  const needless = Object.keys(budget.files).filter((file) => !long.has(file));
  expect(needless, 'run `npm run measure -- --tighten`').toEqual([]);
});

it('what is built stays small', async () => {
  await promisify(execFile)(process.execPath, [path.join(root, 'scripts/build.ts')]);
  const { cliKb, windowGzipKb } = await bundleSizes(root);
  expect(cliKb).toBeGreaterThan(0);
  expect(cliKb).toBeLessThanOrEqual(budget.bundles.cliKb);
  expect(windowGzipKb).toBeGreaterThan(0);
  expect(windowGzipKb).toBeLessThanOrEqual(budget.bundles.windowGzipKb);
  // Where something changed since the last build, it is built here.
}, 180_000);
