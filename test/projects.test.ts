import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import config from '../vitest.config.ts';

const root = path.resolve(import.meta.dirname, '..');
const projects = (config.test?.projects ?? []).map((project) => {
  if (typeof project !== 'object' || !('test' in project)) throw new Error('An unknown project.');
  return project.test ?? {};
});

const filesOf = (patterns: readonly string[] = []) => [
  ...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: root }))),
];

const found = projects.map(({ include, exclude, experimental }) => ({
  isNative: experimental?.viteModuleRunner === false,
  files: filesOf(include).filter((file) => !filesOf(exclude).includes(file)),
}));

test('every file of tests is in one project', () => {
  const all = globSync('test/**/*.test.ts', { cwd: root });
  expect(found.flatMap(({ files }) => files).sort()).toEqual(all.sort());
});

test('no file that Node loads replaces a module, which has no effect there', async () => {
  const native = found.filter(({ isNative }) => isNative).flatMap(({ files }) => files);
  expect(native.length).toBeGreaterThan(300);
  const replacing = await Promise.all(
    native.map(async (file) => {
      const text = await readFile(path.join(root, file), 'utf8');
      return /\bvi\s*\.\s*(?:mock|doMock|unmock|hoisted|importActual|importMock|resetModules)\(/.test(text);
    }),
  );
  expect(native.filter((_, at) => replacing[at])).toEqual([]);
});
