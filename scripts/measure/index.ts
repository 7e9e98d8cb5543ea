import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Budget, bundleSizes, longFiles, productFolders } from './budget.ts';
import { countImports } from './imports.ts';
import { reportTime } from './report-time.ts';
import { fileSizes, functionSizes, type Size } from './sizes.ts';
import { atCommit, readSources, root } from './sources.ts';
import { glossaryOf, wordHits } from './words.ts';

const help = `npm run measure: what the structure of the code is like, in numbers.

  --at COMMIT      the same of another commit, for comparison
  --click          also the files that a click on a cluster's switch passes, by name (some 10 s)
  --report FILE    also how long the tests took, from a report of \`vitest --reporter=json\`
  --words          also each word of the glossary that is left, with its line
  --tighten        lower test/words-left.json and test/size-budget.json to what is there now
  --help           this text`;

const options = {
  at: { type: 'string' },
  click: { type: 'boolean' },
  report: { type: 'string' },
  words: { type: 'boolean' },
  tighten: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function readArguments() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

const values = readArguments();

async function main(): Promise<void> {
  if (values.help === true) {
    console.log(help);
    return;
  }
  const { at } = values;
  if (at === undefined) await measure(root);
  else
    await atCommit(at, async (folder) => {
      await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
      await measure(folder);
    });
  if (values.tighten === true) await tighten();
}

async function measure(from: string): Promise<void> {
  const sources = await readSources(from, productFolders);
  console.log('Imports between files, and those that cross folders');
  for (const part of ['main/agent', 'main', 'renderer']) {
    const { files, all, crossing, cyclic } = countImports(sources, part);
    const share = ((100 * crossing) / Math.max(1, all)).toFixed(0);
    console.log(
      `  ${part}: ${crossing} of ${all} (${share} %), ${cyclic} of them in circles of folders; ${files} files`,
    );
  }
  const files = fileSizes(sources);
  print('Longest files', files);
  const middle = files[Math.floor(files.length / 2)]?.lines ?? 0;
  console.log(`  ${files.length} files in all, median ${middle} lines`);
  print('Longest functions', functionSizes(sources));
  await printWords(from);
  if (values.report !== undefined) {
    console.log('Tests');
    for (const line of await reportTime(values.report)) console.log(`  ${line}`);
  }
  if (values.click === true) {
    const { measureClick } = await import('./click.ts');
    const { window, agent } = await measureClick(from);
    console.log(`Files that a click passes: ${window.length + agent.length}`);
    for (const file of [...window, ...agent]) console.log(`  ${file}`);
  }
}

function print(title: string, sizes: readonly Size[]): void {
  console.log(title);
  for (const { name, lines } of sizes.slice(0, 5)) console.log(`  ${lines}  ${name}`);
}

/** Uses the current glossary, even if `from` is another commit. */
async function printWords(from: string): Promise<void> {
  console.log('Words of the glossary that are left');
  for (const [folder, hits] of await wordHits(from, await readGlossary())) {
    console.log(`  ${folder}: ${hits.length}`);
    if (values.words !== true) continue;
    for (const { at, word, text } of hits) console.log(`    ${at}: "${word}" in "${text}"`);
  }
}

async function readGlossary() {
  return glossaryOf(await readFile(path.join(root, 'CONTRIBUTING.md'), 'utf8'));
}

/** Lowers the numbers. Never raises one and never adds a name. */
async function tighten(): Promise<void> {
  const wordsFile = path.join(root, 'test/words-left.json');
  const left = JSON.parse(await readFile(wordsFile, 'utf8')) as Record<string, number>;
  const hits = await wordHits(root, await readGlossary());
  const lower = (allowed: number, found: number) => (found === 0 ? [] : [Math.min(allowed, found)]);
  const lowered = (allowed: Readonly<Record<string, number>>, found: (name: string) => number) =>
    Object.fromEntries(
      Object.entries(allowed).flatMap(([name, most]) => lower(most, found(name)).map((now) => [name, now])),
    );
  await save(
    wordsFile,
    lowered(left, (name) => hits.get(name)?.length ?? 0),
  );
  const budgetFile = path.join(root, 'test/size-budget.json');
  const budget = JSON.parse(await readFile(budgetFile, 'utf8')) as Budget;
  const long = await longFiles(root);
  const sizes = await bundleSizes(root).catch(() => budget.bundles);
  // Leave room for differences of the minifier.
  const bundle = (most: number, now: number) => Math.min(most, Math.ceil(now * 1.02));
  await save(budgetFile, {
    files: lowered(budget.files, (name) => long.get(name) ?? 0),
    bundles: {
      cliKb: bundle(budget.bundles.cliKb, sizes.cliKb),
      windowGzipKb: bundle(budget.bundles.windowGzipKb, sizes.windowGzipKb),
    },
  });
}

async function save(file: string, content: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
  console.log(`${path.relative(root, file)} is up to date`);
}

await main();
process.exit(0);
