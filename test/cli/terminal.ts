import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root, sourceProgram } from './run-cli.ts';

/**
 * Runs the command line in a terminal of its own (util-linux' `script`) and presses `keys` when `when` is on the
 * screen.
 */
export async function runInTerminal(options: {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly when: string;
  readonly keys: string;
}): Promise<{ readonly code: number | null; readonly screen: string }> {
  const { args, env, when, keys } = options;
  const words = [process.execPath, sourceProgram, ...args].map((word) => `'${word}'`);
  // A terminal of no width would wrap every letter.
  const command = `stty cols 200 rows 50; ${words.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: root,
    env: { ...env, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let pressed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += stripVTControlCharacters(text);
    if (pressed || !screen.includes(when)) return;
    pressed = true;
    child.stdin.write(keys);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, screen };
}
