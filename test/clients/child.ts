import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Outcome } from './outcome.ts';

interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
}

/** Runs a program to its end; `killed` where it did not end in time. Its exit code is left to the caller. */
export function finish(
  [program = '', ...args]: readonly string[],
  { env, home }: ProgramOptions,
  limitMs: number,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const options = { env, cwd: home, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      const end = error?.killed === true ? `${stderr}\nno end in time` : stderr;
      resolve({ code, stdout, stderr: end });
    });
  });
}

/** The output of a command, as `value` makes it, or what it says where it fails. */
export async function outcomeOf(
  command: readonly string[],
  options: ProgramOptions,
  value: (stdout: string) => string = (stdout) => stdout.trim(),
  limitMs = 30_000,
): Promise<Outcome> {
  const { code, stdout, stderr } = await finish(command, options, limitMs);
  return code === 0 ? { value: value(stdout) } : { error: `${stderr.trim()} (exit code ${code})` };
}

/**
 * Follows a command that would not end until `look` finds in its output what it looks for; then it is ended. An error
 * where it ends before, with what it said.
 */
export async function follow(
  [program = '', ...args]: readonly string[],
  { env, home }: ProgramOptions,
  look: (stdout: string) => string | undefined | Promise<string>,
  limitMs = 30_000,
): Promise<Outcome> {
  const child = spawn(program, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let [stdout, stderr] = ['', ''];
  const found = Promise.withResolvers<Outcome>();
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    const value = look(stdout);
    if (value !== undefined)
      Promise.resolve(value).then(
        (one) => found.resolve({ value: one }),
        (error: unknown) => found.resolve({ error: `${String(error)} ${stderr}` }),
      );
  });
  child.once('error', (error) => found.resolve({ error: error.message }));
  child.once('close', () => found.resolve({ error: stderr.trim() || 'it ended early' }));
  const timer = setTimeout(() => found.resolve({ error: `${stderr}\nnot seen in time` }), limitMs);
  const outcome = await found.promise;
  clearTimeout(timer);
  child.kill();
  await ended;
  return outcome;
}
