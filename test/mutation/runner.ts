import path from 'node:path';
import { inspect } from 'node:util';
import { createVitest, type TestModule, type Vitest } from 'vitest/node';
import vitestConfig from '../../vitest.config.ts';
import { root } from './areas.ts';
import type { Mutant } from './mutants.ts';
import { mutating } from './transform.ts';

/** Runs one file of tests, all of them or those named by `tests`, with a mutant or without. */
export interface Task {
  readonly file: string;
  readonly tests?: readonly string[] | undefined;
  readonly mutant?: Mutant | undefined;
}

export interface Outcome {
  /** The first failure. Undefined where everything passed. */
  readonly failure?: string | undefined;
  readonly tests: readonly {
    readonly id: string;
    readonly ms: number;
    readonly reached: readonly string[];
  }[];
  /** Entered while the file was imported, or between its tests. */
  readonly outside: readonly string[];
  /** Of everything, start and imports included. */
  readonly ms: number;
}

const reports = process.argv.includes('--reach');
let mutant: Mutant | undefined;

function configured() {
  const projects = vitestConfig.test?.projects ?? [];
  const setup = path.join(import.meta.dirname, reports ? 'reach.ts' : 'patience.ts');
  return projects.map((project) => {
    if (typeof project !== 'object' || !('test' in project))
      throw new Error('vitest.config.ts has an unknown project.');
    const { test } = project;
    const setupFiles = [setup, path.join(root, 'test/support/patience.ts')];
    return {
      ...project,
      plugins: [mutating(() => mutant, reports)],
      // A cached module would hide the mutant, or keep it; and Node would load the file as it is on disk.
      test: {
        ...test,
        experimental: { viteModuleRunner: true },
        isolate: true,
        fsModuleCache: false,
        setupFiles,
      },
    };
  });
}

async function start(): Promise<Vitest> {
  return createVitest('test', {
    root,
    config: false,
    watch: false,
    bail: reports ? 0 : 1,
    maxWorkers: 1,
    reporters: [{}],
    projects: configured(),
  });
}

async function run(vitest: Vitest, task: Task): Promise<Outcome> {
  const before = performance.now();
  for (const one of [mutant, task.mutant])
    if (one !== undefined) vitest.invalidateFile(path.join(root, one.file));
  mutant = task.mutant;
  const file = path.join(root, task.file);
  const [found] = (await vitest.globTestSpecifications([file])).filter(({ moduleId }) => moduleId === file);
  if (found === undefined) throw new Error(`No project of vitest.config.ts has ${task.file}.`);
  const specification =
    task.tests === undefined ? found : found.project.createSpecification(file, { testIds: [...task.tests] });
  // Or it would report the files of earlier runs again.
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
  return {
    failure:
      unhandledErrors.length > 0 ? `unhandled: ${inspect(unhandledErrors[0])}` : failureOf(testModules),
    tests: testModules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        id: test.id,
        ms: test.diagnostic()?.duration ?? 0,
        reached: test.meta().reached ?? [],
      })),
    ),
    outside: testModules.flatMap((module) => module.meta().reached ?? []),
    ms: performance.now() - before,
  };
}

function failureOf(modules: readonly TestModule[]): string | undefined {
  for (const module of modules) {
    for (const test of module.children.allTests('failed'))
      return `${test.fullName}: ${test.result().errors?.[0]?.message ?? ''}`;
    if (module.state() === 'failed')
      return `${module.relativeModuleId}: ${module.errors()[0]?.message ?? 'failed'}`;
  }
  return modules.length === 0 ? 'no test ran' : undefined;
}

const vitest = await start();
process.on('message', (task: Task) => {
  void run(vitest, task).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');
