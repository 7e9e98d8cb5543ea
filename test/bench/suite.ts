import { readFile } from 'node:fs/promises';
import { type RunRecord, recordFile } from '../run-record.ts';
import type { Row } from './row.ts';

const goal = { reference: { name: 'the goal', figure: 360 }, goal: { atMost: 1 } } as const;

/** How long `npm test` took the last time that it ran all files. It is not run here. */
export async function* benchmark(): AsyncIterable<Row> {
  const text = await readFile(recordFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    console.error('suite: run `npm test` first: there is no record of a run.');
    return;
  }
  const { at, files, tests, wallMs, cpuMs } = JSON.parse(text) as RunRecord;
  const name = `npm test: ${tests} tests in ${files} files, ${new Date(at).toISOString().slice(0, 16)}`;
  yield { name: `${name}, from start to end`, unit: 's', ours: wallMs / 1_000, ...goal };
  if (cpuMs !== undefined) yield { name: 'the same, processor time', unit: 's', ours: cpuMs / 1_000 };
}
