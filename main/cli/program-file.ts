import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isSea } from 'node:sea';
import type { PageFiles } from '../api/web/static-file.ts';
import { assetFiles, requireAsset } from './assets.ts';

/** How this command line is started: the single executable, or Node with the bundle, or index.ts where it runs from source. */
export function programCommand(): { readonly command: string; readonly args: readonly string[] } {
  if (isSea()) return { command: realpathSync(process.execPath), args: [] };
  return { command: process.execPath, args: [programFile()] };
}

/** The folder of the package's own programs; undefined where we are no part of one. */
export function packageFolder(): string | undefined {
  return isSea() ? path.dirname(realpathSync(process.execPath)) : undefined;
}

/** Loads the agent, which is no part of what a credential waits for. */
export function loadAgentHost(): Promise<typeof import('./agent-host.ts')> {
  return load({ built: 'agent/agent.cjs', source: 'agent-host.ts' });
}

/** Loads what serves the window, likewise. */
export function loadWindowServer(): Promise<typeof import('../web/serve.ts')> {
  return load({ built: 'agent/serve.cjs', source: '../web/serve.ts' });
}

/** Where the built window lies: a folder, or what the executable holds. */
export function windowFiles(): string | PageFiles {
  return isSea() ? assetFiles('renderer') : beside({ built: 'renderer', source: '../../out/renderer' });
}

interface Place {
  /** In the folder of what is built, or in the executable. */
  readonly built: string;
  readonly source: string;
}

async function load<T>(place: Place): Promise<T> {
  if (isSea()) return requireAsset(place.built) as T;
  return createRequire(programFile())(beside(place));
}

/** A place relative to the program that runs. */
function beside({ built, source }: Place): string {
  const program = programFile();
  return path.join(path.dirname(program), program.endsWith('.ts') ? source : path.join('..', built));
}

/** The file of the command line that runs. Absolute, no link. */
function programFile(): string {
  return realpathSync(process.argv[1] ?? '');
}
