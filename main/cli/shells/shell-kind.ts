import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../agent/parts.ts';
import { AppError } from '../../model/app-error.ts';
import { listed } from '../../model/wording.ts';

/** The shells that `env` and `shell` know. `posix` is any other one that reads `export NAME=value`. */
export const shellKinds = ['bash', 'zsh', 'fish', 'powershell', 'nushell', 'posix'] as const;
export type ShellKind = (typeof shellKinds)[number];

const byProgram: Readonly<Record<string, ShellKind>> = {
  bash: 'bash',
  zsh: 'zsh',
  fish: 'fish',
  pwsh: 'powershell',
  powershell: 'powershell',
  nu: 'nushell',
};

/** Returns the kind of the shell that a program is, by its name. */
export function shellKindOf(program: string): ShellKind {
  // A login shell has a hyphen before its name.
  const name = path
    .basename(program.replaceAll('\\', '/'))
    .replace(/^-/, '')
    .replace(/\.exe$/i, '');
  return byProgram[name.toLowerCase()] ?? 'posix';
}

/** Throws `bad-input` for a shell that `env` cannot print for. */
export function shellKindNamed(name: string): ShellKind {
  const kind = shellKinds.find((one) => one === name) ?? byProgram[name];
  if (kind !== undefined) return kind;
  throw new AppError('bad-input', `--shell is "${name}", which is not a supported shell.`, {
    hint: `The shells are ${listed(shellKinds)}.`,
  });
}

/** A process, as the system names it. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly isOurs: boolean;
}

/**
 * Returns the shell that runs this command, as process and as program: the parent, without processes of our own in
 * between. In a `.envrc`, returns the process that runs direnv, because the shell that reads the file ends at once.
 */
export function callingShell(env: Environment): { readonly pid: number; readonly program: string } {
  const parents: Process[] = [];
  for (let pid = process.ppid; pid > 1 && parents.length < 32; pid = parents.at(-1)?.parent ?? 0) {
    const one = processOf(pid);
    if (one === undefined) break;
    parents.push(one);
  }
  const direnv = env.DIRENV_IN_ENVRC === undefined ? -1 : parents.findIndex(({ name }) => name === 'direnv');
  const shell = direnv >= 0 ? parents[direnv + 1] : parents.find(({ isOurs }) => !isOurs);
  const program = shell?.name ?? env.SHELL ?? '';
  return { pid: shell?.pid ?? process.ppid, program };
}

function processOf(pid: number): Process | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name is in brackets and may contain some itself.
      const end = stat.lastIndexOf(')');
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return {
        pid,
        name: stat.slice(stat.indexOf('(') + 1, end),
        parent: Number(stat.slice(end + 2).split(' ')[1]),
        isOurs: isOurs(words[1] ?? ''),
      };
    }
    if (process.platform === 'win32') return undefined;
    const line = execFileSync('/bin/ps', ['-o', 'ppid=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2_000,
    }).trim();
    const at = line.indexOf(' ');
    const name = path.basename(line.slice(at + 1).trim()).replace(/^-/, '');
    return { pid, name, parent: Number(line.slice(0, at)), isOurs: false };
  } catch {
    return undefined;
  }
}

/** An older Node runs our command line again with a newer one, and waits for it. */
function isOurs(script: string): boolean {
  return path.basename(script) === 'k8s-tunnels.cjs';
}
