import { readFile } from 'node:fs/promises';

/** The used part of vitest's JSON report (`JsonTestResults` in vitest's reporters). Times are in ms. */
interface Report {
  readonly startTime: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

/**
 * Resolves with the time of a run, the sum of its files, and its slowest files. Rejects if the file is not such a
 * report.
 */
export async function reportTime(file: string): Promise<readonly string[]> {
  const report = JSON.parse(await readFile(file, 'utf8')) as Partial<Report>;
  const { startTime, testResults, numTotalTests = 0 } = report;
  if (startTime === undefined || testResults === undefined || testResults.length === 0)
    throw new Error(`${file} is not a report of \`vitest --reporter=json\`.`);
  const took = testResults.map(({ name, startTime: from, endTime }) => ({ name, ms: endTime - from }));
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const wall = Math.max(...testResults.map(({ endTime }) => endTime)) - startTime;
  const sum = took.reduce((all, { ms }) => all + ms, 0);
  const slowest = took.toSorted((a, b) => b.ms - a.ms).slice(0, 10);
  return [
    `${numTotalTests} tests in ${testResults.length} files: ${seconds(wall)} from start to end, ${seconds(sum)} of files`,
    ...slowest.map(({ name, ms }) => `${seconds(ms)}  ${name.replace(`${process.cwd()}/`, '')}`),
  ];
}
