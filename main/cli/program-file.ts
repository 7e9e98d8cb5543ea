import { realpathSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The file of the command line that runs: the bundle, or index.ts where it runs from source. Absolute, no link. */
export function programFile(): string {
  return realpathSync(process.argv[1] ?? '');
}

/** Loads the agent, which is no part of the one file that a credential waits for. */
export function loadAgentHost(): Promise<typeof import('./agent-host.ts')> {
  const program = programFile();
  const host = program.endsWith('.ts') ? 'agent-host.ts' : '../agent/agent.js';
  return import(pathToFileURL(path.join(path.dirname(program), host)).href);
}
