import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Result, type Row, resultOf } from './row.ts';
import { tableOf } from './table.ts';

/**
 * `npm run bench -- NAME [--json FILE]`: measures, prints a table, and keeps the figures as JSON where asked. A goal that
 * is missed is printed as a miss; the exit code is 0 all the same, for figures depend on the machine.
 */
const benchmarks: Readonly<Record<string, () => Promise<{ benchmark(): AsyncIterable<Row> }>>> = {
  connectors: () => import('./connectors.ts'),
  credentials: () => import('./credentials.ts'),
  discovery: () => import('./discovery.ts'),
  tunnels: () => import('./tunnels.ts'),
  window: () => import('./window.ts'),
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const unknown = names.find((name) => benchmarks[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}
const kept: Record<string, readonly Result[]> = {};
for (const name of names) {
  const results: Result[] = [];
  const module = await benchmarks[name]?.();
  for await (const row of module?.benchmark() ?? []) {
    results.push(resultOf(row));
    console.error(`${name}: ${row.name} done`);
  }
  kept[name] = results;
  console.log(`\n${name}, on ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`);
  console.log(tableOf(results));
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(kept, null, 2)}\n`);
process.exit(0);
