import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import path from 'node:path';

/**
 * `npm test`: lint, types and every test. Lint and types run beside the tests, which wait for a part of their time, and
 * give way to them. Where one of the two fails, the tests are stopped, and its output comes last. Arguments go to vitest.
 */

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');
const shell = process.platform === 'win32';

function start(program: string, args: readonly string[], stdio: 'inherit' | 'pipe'): ChildProcess {
  return spawn(path.join(bin, program), args, { cwd: root, shell, stdio: ['inherit', stdio, stdio] });
}

const codeOf = (child: ChildProcess) =>
  new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

/** Runs a check. Resolves with its output if it fails. */
async function check(program: string, ...args: readonly string[]): Promise<string | undefined> {
  const child = start(program, args, 'pipe');
  if (child.pid !== undefined) setPriority(child.pid, 5);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await codeOf(child);
  return code === 0 ? undefined : `> ${program} ${args.join(' ')}\n${output}`;
}

async function checks(): Promise<string | undefined> {
  return (await check('tsc', '--noEmit')) ?? (await check('biome', 'check', '.')) ?? (await check('knip'));
}

const tests = start('vitest', ['run', ...process.argv.slice(2)], 'inherit');
const failed = checks().then((output) => {
  if (output !== undefined) tests.kill('SIGINT');
  return output;
});
const code = await codeOf(tests);
const output = await failed;
if (output !== undefined) console.error(`${output}\nFAILED: lint or types; the tests were stopped`);
process.exitCode = output === undefined ? code : 1;
