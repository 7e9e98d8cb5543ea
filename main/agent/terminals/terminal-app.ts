import { spawn } from 'node:child_process';
import path from 'node:path';
import { AppError } from '../../model/app-error.ts';
import { shellWord } from '../../model/shell-word.ts';
import type { Environment } from '../parts.ts';
import { findProgram } from '../processes/find-program.ts';

/** A program with its arguments. No shell reads them. */
export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
}

/** What a terminal app takes before the words of the command to run, from its manual page. */
const beforeCommand: Readonly<Record<string, readonly string[]>> = {
  'x-terminal-emulator': ['-e'],
  'gnome-terminal': ['--'],
  ptyxis: ['--'],
  kgx: ['--'],
  konsole: ['-e'],
  'xfce4-terminal': ['-x'],
  'mate-terminal': ['-x'],
  terminator: ['-x'],
  kitty: [],
  foot: [],
  alacritty: ['-e'],
  wezterm: ['start', '--'],
  ghostty: ['-e'],
  urxvt: ['-e'],
  st: ['-e'],
  xterm: ['-e'],
};

/** Searched in this order where the setting names none. */
const linuxApps = Object.keys(beforeCommand);
const macApps = ['Terminal', 'iTerm'] as const;

/**
 * Returns how the user's terminal app runs a command. `setting` is the app with its arguments, to which the command is
 * appended; an app alone that is known gets what it needs before a command. Without a setting: TERMINAL of the
 * environment and then the first known app of PATH on Linux, Terminal on macOS, Windows Terminal and then the console on
 * Windows. Rejects with `file-unreadable` if no app is found, or if the computer has no display.
 */
export async function terminalInvocation(options: {
  readonly setting: readonly string[];
  readonly words: readonly string[];
  readonly env: Environment;
  readonly home: string;
  readonly platform?: NodeJS.Platform;
  /** Finds a program as the system does. Resolves with undefined if there is none that only this user may change. */
  readonly find?: (name: string) => Promise<string | undefined>;
}): Promise<Invocation> {
  const { setting, words, env, home, platform = process.platform } = options;
  const find =
    options.find ??
    (async (command: string) => {
      const program = await findProgram({ command, cwd: home, env, home });
      return program.kind === 'found' ? program.file : undefined;
    });
  const [name, ...args] = setting;
  if (
    platform === 'darwin' &&
    (name === undefined || macApps.some((app) => app === name)) &&
    args.length === 0
  )
    return onMac(name ?? 'Terminal', words);
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    throw new AppError('file-unreadable', 'This computer has no display, so no terminal app can open.', {
      hint: 'Run `k8s-tunnels shell CLUSTER` in a terminal.',
    });
  if (name !== undefined) {
    const program = await find(name);
    if (program === undefined) throw noTerminal(`The setting terminal names ${name}, which is not found.`);
    return { program, args: [...(args.length > 0 ? args : before(name, platform)), ...words] };
  }
  for (const candidate of candidates(env, platform)) {
    const program = await find(candidate);
    if (program !== undefined) return { program, args: [...before(candidate, platform), ...words] };
  }
  throw noTerminal('No terminal app is found.');
}

/** Starts the app and does not wait for its end. Rejects with `file-unreadable` if it cannot be started. */
export async function startTerminal({ program, args }: Invocation, env: Environment): Promise<void> {
  const child = spawn(program, [...args], { env: { ...env }, detached: true, stdio: 'ignore' });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (cause) {
    throw new AppError('file-unreadable', `${program} could not be started.`, {
      hint: 'Set the setting terminal to another terminal app.',
      cause,
    });
  }
  child.unref();
}

function candidates(env: Environment, platform: NodeJS.Platform): readonly string[] {
  if (platform === 'win32') return ['wt.exe', 'conhost.exe'];
  return env.TERMINAL ? [env.TERMINAL, ...linuxApps] : linuxApps;
}

function before(name: string, platform: NodeJS.Platform): readonly string[] {
  if (platform === 'win32') return /(?:^|[\\/])wt(?:\.exe)?$/i.test(name) ? ['new-tab'] : [];
  return beforeCommand[path.basename(name)] ?? ['-e'];
}

/**
 * Both apps take a command as one text that their shell reads: it is quoted as in a hint, and is an argument of the
 * script, not a part of it (`man osascript`).
 */
function onMac(app: string, words: readonly string[]): Invocation {
  const line = words.map((word) => shellWord(word, 'posix')).join(' ');
  const run =
    app === 'Terminal'
      ? ['tell application "Terminal"', 'activate', 'do script (item 1 of argv)', 'end tell']
      : [
          'tell application "iTerm"',
          'activate',
          'create window with default profile command (item 1 of argv)',
          'end tell',
        ];
  const script = ['on run argv', ...run, 'end run'];
  return { program: '/usr/bin/osascript', args: [...script.flatMap((text) => ['-e', text]), line] };
}

function noTerminal(message: string): AppError {
  return new AppError('file-unreadable', message, {
    hint: 'Name one: `k8s-tunnels settings terminal xterm`.',
  });
}
