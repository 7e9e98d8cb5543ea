import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { machineNow } from './machine.ts';
import type { Benchmark } from './options.ts';
import { type Result, resultOf } from './row.ts';
import { tableOf } from './table.ts';

const benchmarks: Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>> = {
  catalog: () => import('./catalog.ts'),
  completion: () => import('./completion.ts'),
  clients: () => import('./clients.ts'),
  connectors: () => import('./connectors.ts'),
  credentials: () => import('./credentials.ts'),
  desktop: () => import('./desktop.ts'),
  discovery: () => import('./discovery.ts'),
  kubeconfig: () => import('./kubeconfig.ts'),
  'read-only': () => import('./read-only.ts'),
  start: () => import('./start.ts'),
  suite: () => import('./suite.ts'),
  tunnels: () => import('./tunnels.ts'),
  window: () => import('./window.ts'),
};

const help = `npm run bench -- [NAME...] [--small] [--json FILE]

Measures, and prints each figure beside its peer or floor of the same run. What is compared runs in turn, and the median
counts. A goal that is missed is printed as a miss; the exit code is 0 all the same, because figures depend on the machine.

  NAME          ${Object.keys(benchmarks).join(', ')}; all of them when left out
  --small       with small counts, to see that it works: the figures mean nothing
  --json FILE   also writes the figures to FILE
  --help        this text`;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: 'string' }, small: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !Object.hasOwn(benchmarks, name));
    if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}.`);
    return { ...values, names: positionals.length > 0 ? positionals : Object.keys(benchmarks) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

const { names, json, small = false, help: isHelp } = readArguments();
if (isHelp === true) {
  console.log(help);
  process.exit(0);
}
const kept: Record<string, readonly Result[]> = {};
for (const name of names) {
  const results: Result[] = [];
  const module = await benchmarks[name]?.();
  for await (const row of module?.benchmark({ small }) ?? []) {
    results.push(resultOf(row));
    console.error(`${name}: ${row.name} done`);
  }
  kept[name] = results;
  console.log(`\n${name}, on ${await machineNow()}\n`);
  console.log(tableOf(results));
}
if (json !== undefined) await writeFile(json, `${JSON.stringify(kept, null, 2)}\n`);
process.exit(0);
