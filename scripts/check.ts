import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { changedFiles, testsNear } from './near-tests.ts';

/**
 * Runs the quick checks beside `npm test`: lint of the changed files, types, and the unit tests that import a changed
 * file, at most the nearest 15. Compares with the branch's merge base with main, uncommitted changes included.
 */

/** The most test files. More take too long for a quick check. */
const most = 15;
const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');

function run(program: string, args: readonly string[]): boolean {
  console.log(`> ${program} ${args.join(' ')}`);
  const shell = process.platform === 'win32';
  return spawnSync(path.join(bin, program), args, { cwd: root, stdio: 'inherit', shell }).status === 0;
}

const changed = await changedFiles(root);
const all = await testsNear(root, changed);
const near = all.slice(0, most);
const cache = path.join('node_modules', '.cache', 'check.tsbuildinfo');
const passed = [
  changed.length === 0 || run('biome', ['check', '--no-errors-on-unmatched', ...changed]),
  run('tsc', ['--noEmit', '--incremental', '--tsBuildInfoFile', cache]),
  near.length === 0 || run('vitest', ['run', ...near]),
];
if (near.length === 0) console.log('No unit test imports a changed file.');
if (all.length > most) console.log(`${all.length - most} more files of tests are left to npm test.`);
if (passed.includes(false)) process.exitCode = 1;
