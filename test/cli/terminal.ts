import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { currentProgram, root } from './run-cli.ts';

/** The command line in a terminal of its own (util-linux' `script`). */
export function startInTerminal(options: {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly cwd?: string;
}) {
  const { args, env, program = currentProgram, cwd = root } = options;
  const words = [process.execPath, program, ...args].map((word) => `'${word}'`);
  // A terminal of no width would wrap every letter.
  const command = `stty cols 200 rows 50; ${words.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += stripVTControlCharacters(text);
    for (const look of [...waiting]) look();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return {
    ended,
    screen: () => screen,
    press: (keys: string) => void child.stdin.write(keys),
    /** Resolves when the pattern is on the screen; rejects when the program ends first. */
    shows: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(screen);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without showing ${pattern}: ${screen}`)));
      }),
    /** As with Ctrl-C. */
    async end() {
      child.stdin.write('\u0003');
      await ended;
    },
  };
}

/** Runs the command line in a terminal and presses `keys` when `when` is on the screen. */
export async function runInTerminal(options: {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly when: string;
  readonly keys: string;
}): Promise<{ readonly code: number | null; readonly screen: string }> {
  const { when, keys, ...rest } = options;
  const terminal = startInTerminal(rest);
  const pattern = new RegExp(when.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  terminal.shows(pattern).then(
    () => terminal.press(keys),
    () => {},
  );
  const code = await terminal.ended;
  return { code, screen: terminal.screen() };
}
