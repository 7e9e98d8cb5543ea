import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../parts.ts';
import { type Distrust, walkTrusted } from '../storage/trusted-file.ts';

export type Program =
  | { readonly kind: 'found'; readonly file: string }
  /** There is one, but other accounts may change it. */
  | { readonly kind: 'distrusted'; readonly distrust: Distrust }
  | { readonly kind: 'missing' };

/**
 * Finds the program that a plugin's `command` names, as kubectl does: with a separator it is relative to `cwd`, without
 * one it is searched in PATH. Never searches the working folder, where Windows would look first, nor a relative folder
 * of PATH. Skips a program that other accounts may change. Resolves with the path as it was found: some programs depend
 * on the name that they are started with.
 */
export async function findProgram(options: {
  readonly command: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly home: string;
}): Promise<Program> {
  const { command, cwd, env, home } = options;
  const isPath = command.includes('/') || command.includes(path.sep);
  const folders = (env.PATH ?? env.Path ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  const names = isPath ? [path.resolve(cwd, command)] : folders.map((folder) => path.join(folder, command));
  let distrust: Distrust | undefined;
  for (const file of names.flatMap((name) => endings(name, env).map((ending) => name + ending))) {
    if (!(await isProgram(file))) continue;
    // Windows defines who may write to program folders in a form that Node does not read.
    if (process.platform === 'win32') return { kind: 'found', file };
    const walked = await walkTrusted(file, { groups: 'allowed', env, home }).catch(() => undefined);
    if (walked === undefined) continue;
    if (walked.distrust === undefined) return { kind: 'found', file };
    distrust ??= walked.distrust;
  }
  return distrust === undefined ? { kind: 'missing' } : { kind: 'distrusted', distrust };
}

/**
 * Returns what to append to a name. On Windows, as Go does for kubectl: a name without an ending is never a program
 * there, though a script for other systems may have it (`az` beside `az.cmd`).
 */
export function endings(
  name: string,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): readonly string[] {
  if (platform !== 'win32') return [''];
  const known = (env.PATHEXT || '.COM;.EXE;.BAT;.CMD').split(';').filter((ending) => ending !== '');
  return path.win32.extname(name) === '' ? known : ['', ...known];
}

async function isProgram(file: string): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
