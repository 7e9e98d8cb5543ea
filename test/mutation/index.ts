import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Area, areas, isArea, root } from './areas.ts';
import { readEquivalent } from './equivalent.ts';
import type { Mutant } from './mutants.ts';
import { createPool, type Pool } from './pool.ts';
import { type Sampled, sample } from './sample.ts';
import { type Choice, measureTests, type Tests, testsOf } from './tests.ts';

const help = `npm run mutation: changes the core in small ways, and counts how many of the changes its tests notice.

  --seed TEXT      which mutants are taken (1)
  --count N        how many (300)
  --area NAME      only of this part: ${Object.keys(areas).join(', ')}; may be repeated
  --again          only those that the last run did not kill
  --control        runs the same tests without a mutant: all must pass
  --help           this text

Nothing on disk is changed. Ends with 1 where fewer than 90 % of the mutants are killed, and with 2 where a test fails
without a mutant. The result is in out/mutation.json too.`;

const options = {
  seed: { type: 'string', default: '1' },
  count: { type: 'string', default: '300' },
  area: { type: 'string', multiple: true, default: Object.keys(areas) },
  again: { type: 'boolean', default: false },
  control: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const goal = 0.9;
/** Waiting tests leave the processors idle. */
const processes = availableParallelism() + 1;

interface Judged extends Sampled {
  readonly result: 'killed' | 'survived' | 'not reached';
  /** The failure that killed it, or the tests that did not notice it. */
  readonly by: string;
}

function readArguments() {
  try {
    const { values } = parseArgs({ options });
    const count = Number(values.count);
    if (!Number.isInteger(count) || count < 1)
      throw new Error(`--count must be a number, not ${values.count}.`);
    const chosen = values.area.map((name): Area => {
      if (isArea(name)) return name;
      throw new Error(`--area must be one of ${Object.keys(areas).join(', ')}, not ${name}.`);
    });
    return { ...values, count, areas: chosen };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

async function judge(sampled: Sampled, tests: readonly Tests[], pool: Pool): Promise<Judged> {
  const choices = testsOf(sampled.mutant, tests);
  if (choices.length === 0) return { ...sampled, result: 'not reached', by: '' };
  for (const choice of choices) {
    const by = await failureOf(choice, values.control ? undefined : sampled.mutant, pool);
    if (by !== undefined) return { ...sampled, result: 'killed', by };
  }
  return { ...sampled, result: 'survived', by: choices.map(({ file }) => file).join(' ') };
}

/** Resolves with how the tests fail, or with undefined if they pass. */
async function failureOf(
  { file, tests, ms }: Choice,
  mutant: Mutant | undefined,
  pool: Pool,
): Promise<string | undefined> {
  // The more patience, the longer an endless loop holds up the run. A busy computer needs some.
  for (const limitMs of [3 * ms + 20_000, 6 * ms + 80_000]) {
    const outcome = await pool.run({ file, tests, mutant }, limitMs);
    if (outcome !== 'hung') return outcome.failure;
    if (mutant !== undefined && (await pool.run({ file, tests }, limitMs)) !== 'hung')
      return `${file} no longer ends`;
  }
  throw new Error(`The computer is too busy: ${file} does not end in time without a mutant.`);
}

async function print({ mutant, result, by }: Judged): Promise<void> {
  const source = await readFile(path.join(root, mutant.file), 'utf8');
  const line = source.slice(0, mutant.start).split('\n').length;
  console.log(`\n${result}: ${mutant.file}:${line}\n  - ${mutant.from}\n  + ${mutant.to}\n  ${by}`);
}

function report(judged: readonly Judged[], seconds: number): void {
  const row = (name: string, of: readonly Judged[]) => {
    const killed = of.filter(({ result }) => result === 'killed').length;
    const unreached = of.filter(({ result }) => result === 'not reached').length;
    const share = of.length === 0 ? '' : `${((100 * killed) / of.length).toFixed(1)} %`;
    const cells = [of.length, killed, of.length - killed - unreached, unreached, share];
    return name.padEnd(12) + cells.map((cell) => String(cell).padStart(12)).join('');
  };
  const titles = ['mutants', 'killed', 'survived', 'not reached', 'share'];
  console.log(`\n${''.padEnd(12)}${titles.map((title) => title.padStart(12)).join('')}`);
  for (const area of values.areas)
    console.log(
      row(
        area,
        judged.filter((one) => one.area === area),
      ),
    );
  console.log(row('all', judged));
  console.log(
    `\nSeed ${values.seed}, ${new Date().toISOString().slice(0, 10)}, ${Math.round(seconds / 60)} minutes.`,
  );
}

const resultFile = path.join(root, 'out', 'mutation.json');

/** Resolves with those of a sample that the last run of this seed judged and did not kill. */
async function notKilled(sampled: readonly Sampled[]): Promise<readonly Sampled[]> {
  const last: { seed: string; mutants: { file: string; from: string; to: string; result: string }[] } =
    JSON.parse(await readFile(resultFile, 'utf8'));
  if (last.seed !== values.seed) throw new Error(`The last run had the seed ${last.seed}.`);
  const left = last.mutants.filter(({ result }) => result !== 'killed');
  return sampled.filter(({ mutant }) =>
    left.some(({ file, from, to }) => file === mutant.file && from === mutant.from && to === mutant.to),
  );
}

async function save(judged: readonly Judged[]): Promise<void> {
  await mkdir(path.dirname(resultFile), { recursive: true });
  const plain = judged.map(({ area, mutant: { file: of, from, to }, result, by }) => ({
    area,
    file: of,
    from,
    to,
    result,
    by,
  }));
  await writeFile(resultFile, `${JSON.stringify({ seed: values.seed, mutants: plain }, null, 2)}\n`);
}

/** Ends the processes of a pool also where the run fails or is interrupted, which `interrupted` then says. */
async function withPool<Value>(
  reach: boolean,
  use: (pool: Pool, interrupted: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const pool = await createPool(processes, reach);
  const abort = new AbortController();
  const interrupt = () => {
    abort.abort();
    void pool.close();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await use(pool, abort.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await pool.close();
  }
}

/** Judges one mutant after the other in each process. Interrupted, it resolves with those that it has judged. */
async function judgeAll(sampled: readonly Sampled[], tests: readonly Tests[]): Promise<readonly Judged[]> {
  const left = [...sampled];
  const judged: Judged[] = [];
  const work = async (pool: Pool, interrupted: AbortSignal) => {
    for (let one = left.shift(); one !== undefined && !interrupted.aborted; one = left.shift()) {
      const found = await judge(one, tests, pool);
      judged.push(found);
      if (values.control ? found.result === 'killed' : found.result !== 'killed') await print(found);
      if (judged.length % 50 === 0) console.log(`\n${judged.length} of ${sampled.length}`);
    }
  };
  await withPool(false, (pool, interrupted) =>
    Promise.all(Array.from({ length: processes }, () => work(pool, interrupted))).catch((error: unknown) => {
      if (!interrupted.aborted) throw error;
      console.log(`\nInterrupted: ${judged.length} of ${sampled.length} are judged.`);
      process.exitCode = 130;
    }),
  );
  return judged;
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const all = await sample({ ...values, equivalent: await readEquivalent() });
  const sampled = values.again ? await notKilled(all) : all;
  console.log(`${sampled.length} mutants of ${values.areas.join(', ')}; measuring the tests`);
  const tests = await withPool(true, measureTests);
  console.log(`${tests.length} files of tests, after ${secondsSince(startedAt)} s`);
  const judged = await judgeAll(sampled, tests);
  if (!values.again && !values.control) await save(judged);
  report(judged, secondsSince(startedAt));
  const killed = judged.filter(({ result }) => result === 'killed').length;
  if (values.control ? killed > 0 : killed < goal * judged.length) process.exitCode ??= 1;
}

function secondsSince(at: number): number {
  return Math.round((performance.now() - at) / 1000);
}

const values = readArguments();
if (values.help) console.log(help);
else
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
