import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Parts } from '../agent/agent.ts';
import type { Environment } from '../agent/parts.ts';

/**
 * What kubectl runs for a credential: the command line. The package holds it as one executable; from source it is the
 * built file and the Node that started the app, or the first on PATH (this process is no Node to kubectl).
 */
export function pluginCommand(options: {
  /** The package's programs, in a folder that stays; undefined where the app runs from source. */
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
