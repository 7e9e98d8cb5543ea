import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Parts } from '../agent/agent.ts';
import type { Environment } from '../agent/parts.ts';

/**
 * Returns the command that kubectl runs for a credential: the command line. A package contains it as one executable.
 * From source, it is the built file with the Node that started the app, or with the first on PATH (kubectl cannot use
 * this process as Node).
 */
export function pluginCommand(options: {
  /** The permanent folder of the package's programs. Undefined if the app runs from source. */
  readonly programs: string | undefined;
  readonly appFolder: string;
  readonly env: Environment;
}): Parts['plugin'] {
  const { programs, appFolder, env } = options;
  const windows = process.platform === 'win32';
  if (programs !== undefined)
    return { command: path.join(programs, windows ? 'k8s-tunnels.exe' : 'k8s-tunnels'), args: [] };
  const program = path.join(appFolder, 'out', 'cli', 'k8s-tunnels.cjs');
  const candidates = [
    env.npm_node_execpath ?? '',
    ...(env.PATH ?? '')
      .split(path.delimiter)
      .map((folder) => path.join(folder, windows ? 'node.exe' : 'node')),
  ];
  return { command: candidates.find(isProgram) ?? 'node', args: [program] };
}

function isProgram(file: string): boolean {
  try {
    if (!path.isAbsolute(file)) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
