import { expect, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import { SummaryReporter } from './summary-reporter.ts';

type Result = { readonly state: string; readonly errors?: readonly { message: string }[]; note?: string };

function moduleOf(file: string, tests: Readonly<Record<string, Result>>, ...errors: string[]): TestModule {
  const all = Object.entries(tests).map(([fullName, result]) => ({ fullName, result: () => result }));
  return {
    relativeModuleId: file,
    errors: () => errors.map((message) => ({ message })),
    children: { allTests: () => all },
  } as unknown as TestModule;
}

function linesOf(...modules: readonly TestModule[]): readonly string[] {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  new SummaryReporter().onTestRunEnd(modules);
  const lines = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  return lines;
}

const failed = (message: string): Result => ({ state: 'failed', errors: [{ message }] });

test('failed tests are named with the first line of their error, right before the counts', () => {
  expect(
    linesOf(
      moduleOf('test/a.test.ts', {
        'one works': { state: 'passed' },
        'another > does not': failed('expected 1 to be 2\n\n- 2\n+ 1'),
        'a third': { state: 'skipped', note: 'no kubectl' },
      }),
      moduleOf('test/b.test.ts', {}, "Cannot find './c.ts'"),
    ),
  ).toEqual([
    'skipped: a third (no kubectl)',
    'FAILED test/a.test.ts › another > does not: expected 1 to be 2',
    "FAILED test/b.test.ts: Cannot find './c.ts'",
    '1 passed, 2 failed, 1 skipped',
  ]);
});

test('of many failures twenty are named', () => {
  const many = Object.fromEntries(Array.from({ length: 23 }, (_, at) => [`test ${at}`, failed('no')]));
  const lines = linesOf(moduleOf('test/a.test.ts', many));
  expect(lines).toHaveLength(22);
  expect(lines.slice(-2)).toEqual(['FAILED: 3 more', '0 passed, 23 failed, 0 skipped']);
});
