import { glob } from 'node:fs/promises';
import path from 'node:path';
import { root, testFiles } from './areas.ts';
import { createMeasured } from './measured.ts';
import type { Mutant } from './mutants.ts';
import type { Pool } from './pool.ts';
import type { Outcome } from './runner.ts';
import { placeOf } from './transform.ts';

const longestMs = 300_000;
/** Of the tests that are tried on one mutant, the nearest first. */
const mostMs = 240_000;

/** A file of tests, what each enters of the core, and how long it takes. */
export interface Tests extends Outcome {
  readonly file: string;
}

/** Some tests of a file. */
export interface Choice {
  readonly file: string;
  /** By their ids. Undefined for all. */
  readonly tests: readonly string[] | undefined;
  /** With start and imports. */
  readonly ms: number;
}

/** Resolves with all tests of the core, or rejects where one fails: then no mutant can be judged. */
export async function measureTests(pool: Pool): Promise<readonly Tests[]> {
  const files: string[] = [];
  for (const pattern of testFiles)
    for await (const file of glob(pattern, { cwd: root })) files.push(file.replaceAll(path.sep, '/'));
  files.sort((one, other) => (one < other ? -1 : 1));
  const measured = await createMeasured();
  return Promise.all(
    files.map(async (file) => {
      const known = await measured.read(file);
      if (known !== undefined) return { file, ...known };
      const outcome = await measure(file, pool);
      await measured.write(file, outcome);
      return { file, ...outcome };
    }),
  );
}

async function measure(file: string, pool: Pool): Promise<Outcome> {
  const once = () => pool.run({ file }, longestMs);
  const first = await once();
  // A busy computer may have kept a test waiting.
  const outcome = first === 'hung' || first.failure !== undefined ? await once() : first;
  if (outcome === 'hung') throw new Error(`${file} takes more than ${longestMs / 1000} s without a mutant.`);
  if (outcome.failure !== undefined) throw new Error(`A test fails without a mutant: ${outcome.failure}`);
  return outcome;
}

/** Returns the tests that enter the function in which a mutant is, the nearest and quickest files first. */
export function testsOf(mutant: Mutant, all: readonly Tests[]): readonly Choice[] {
  const place = placeOf(mutant.file, mutant.within?.start);
  const choices = all.flatMap((one) => choose(one, place) ?? []);
  const near = (choice: Choice) => choice.ms / nearness(mutant.file, choice.file);
  let total = 0;
  return choices
    .sort((one, other) => near(one) - near(other))
    .filter(({ ms }, at) => {
      total += ms;
      return at === 0 || total <= mostMs;
    });
}

function choose({ file, tests, outside, ms }: Tests, place: string): Choice | undefined {
  if (outside.includes(place)) return { file, tests: undefined, ms };
  const chosen = tests.filter(({ reached }) => reached.includes(place));
  if (chosen.length === 0) return undefined;
  const left = tests.filter((test) => !chosen.includes(test)).reduce((sum, test) => sum + test.ms, 0);
  return { file, tests: chosen.map(({ id }) => id), ms: Math.max(0, ms - left) };
}

/** The test of a file has its name, or that of its folder; the tests of its folder come before others. */
function nearness(file: string, test: string): number {
  const mirrored = file.replace(/^main\//, 'test/').replace(/\.ts$/, '');
  const named = test.replace(/\.test\.ts$/, '');
  if (named === mirrored || named === path.posix.dirname(mirrored)) return 20;
  return path.posix.dirname(test) === path.posix.dirname(mirrored) ? 4 : 1;
}
