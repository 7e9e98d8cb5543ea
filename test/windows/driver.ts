import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';

/**
 * Runs the tests beside it in this Node, which may be Windows' under Wine: one after the other, in this process. The
 * first argument is the file of its settings; the others select files by a part of their names. Prints a line for each test, and their counts.
 */
const [settings = '', ...names] = process.argv.slice(2);
process.env.DRIVER_SETTINGS = settings;
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.windows.ts'))
  .filter((name) => names.length === 0 || names.some((part) => name.includes(part)))
  .sort()
  .map((name) => path.join(import.meta.dirname, name));
const count = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
/** How much of the reason is repeated at the end. */
const reasonLength = 500;

const events = run({ files, isolation: 'none', concurrency: 1 });
events.on('test:pass', ({ name, nesting, skip, details }) => {
  if (details.type === 'suite') return;
  if (skip === undefined) count.passed += 1;
  else count.skipped += 1;
  const note = skip === undefined ? `${Math.round(details.duration_ms)} ms` : `skipped: ${skip}`;
  console.log(`${'  '.repeat(nesting)}${skip === undefined ? '✓' : '-'} ${name} (${note})`);
});
events.on('test:fail', ({ name, nesting, details }) => {
  if (details.type === 'suite') return;
  count.failed += 1;
  const { cause } = details.error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? details.error);
  // On one line: a log that was cut in the middle still says why.
  failures.push(`${name}: ${text.replaceAll(/\s+/g, ' ').slice(0, reasonLength)}`);
  console.log(`${'  '.repeat(nesting)}✗ ${name}\n${text}`);
});
events.on('test:stderr', ({ message }) => console.error(message));
events.on('end', () => {
  for (const name of failures) console.log(`FAILED ${name}`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
});
// A stream of objects ends only when it is read.
events.resume();
