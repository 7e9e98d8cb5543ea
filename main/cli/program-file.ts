import { realpathSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The file of the command line that runs: the bundle, or index.ts where it runs from source. Absolute, no link. */
export function programFile(): string {
  return realpathSync(process.argv[1] ?? '');
}

/** Loads the agent, which is no part of what a credential waits for. */
export function loadAgentHost(): Promise<typeof import('./agent-host.ts')> {
  return load({ built: '../agent/agent.js', source: 'agent-host.ts' });
}

/** Loads what serves the window, likewise. */
export function loadWindowServer(): Promise<typeof import('../web/serve.ts')> {
  return load({ built: '../agent/serve.js', source: '../web/serve.ts' });
}

/** Where the built window lies. */
export function windowFolder(): string {
  return beside({ built: '../renderer', source: '../../out/renderer' });
}

interface Place {
  readonly built: string;
  readonly source: string;
}

function load<T>(place: Place): Promise<T> {
  return import(pathToFileURL(beside(place)).href);
}

/** A place relative to the program that runs. */
function beside({ built, source }: Place): string {
  const program = programFile();
  return path.join(path.dirname(program), program.endsWith('.ts') ? source : built);
}
