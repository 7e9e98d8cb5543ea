import { execFile } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** Tests that start programs, browsers or whole worlds. Only `npm test` runs them. */
const slow = /^test\/(?:cli|desktop|e2e|packaging|screens|world-tests)\//;
const imported = /^(?:import|export) (?!type )[^'"]*from '(\.[^']+)'|import\('(\.[^']+)'\)/gm;

/**
 * Returns the files that differ from the merge base with main, uncommitted and new ones included, as paths from the
 * root.
 */
export async function changedFiles(root: string): Promise<readonly string[]> {
  const git = async (...args: readonly string[]) =>
    (await promisify(execFile)('git', args, { cwd: root })).stdout.split('\n').filter((line) => line !== '');
  const bases = ['origin/main', 'main'].map((ref) =>
    git('merge-base', 'HEAD', ref).catch((): readonly string[] => []),
  );
  const base = (await Promise.all(bases)).flat()[0] ?? 'HEAD';
  const [changed, added] = await Promise.all([
    git('diff', '--name-only', '--diff-filter=d', base),
    git('ls-files', '--others', '--exclude-standard'),
  ]);
  return [...new Set([...changed, ...added])];
}

/**
 * Resolves with the changed unit tests and those that import a changed file or, if none does, import a helper in
 * `test/` that does. The nearest by folder come first.
 */
export async function testsNear(root: string, changed: readonly string[]): Promise<readonly string[]> {
  const imports = new Map<string, ReadonlySet<string>>();
  for await (const found of glob('test/**/*.ts', { cwd: root })) {
    const file = found.replaceAll(path.sep, '/');
    const source = await readFile(path.join(root, file), 'utf8');
    const all = [...source.matchAll(imported)].map(([, from, lazy]) =>
      path.posix.join(path.posix.dirname(file), from ?? lazy ?? ''),
    );
    imports.set(file, new Set(all));
  }
  const isTest = (file: string) => file.endsWith('.test.ts') && !slow.test(file);
  const importers = (file: string) => [...imports].filter(([, all]) => all.has(file)).map(([name]) => name);
  const near = new Map<string, number>();
  for (const file of changed) {
    const direct = importers(file);
    const tests = [file, ...direct].filter(isTest);
    const found = tests.length > 0 ? tests : direct.flatMap(importers).filter(isTest);
    for (const test of found) near.set(test, Math.max(near.get(test) ?? 0, shared(file, test)));
  }
  return [...near].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([test]) => test);
}

/** Counts the folders that a test shares with a file, given that `test/` mirrors `main/`. */
function shared(file: string, test: string): number {
  const [ofFile, ofTest] = [file, test].map((one) => one.replace(/^(?:main|test)\//, '').split('/'));
  const differs = ofFile?.findIndex((part, at) => part !== ofTest?.[at]) ?? 0;
  return differs === -1 ? Number.POSITIVE_INFINITY : differs;
}
