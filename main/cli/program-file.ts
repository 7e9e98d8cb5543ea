import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { pathToFileURL } from 'node:url';
import type { PageFiles } from '../api/web/static-file.ts';
import { assetFiles, assetText, requireAsset } from './assets.ts';

/**
 * Returns the command that starts this program: the single executable, or Node with the bundle or, from source,
 * index.ts.
 */
export function programCommand(): { readonly command: string; readonly args: readonly string[] } {
  if (isSea()) return { command: realpathSync(process.execPath), args: [] };
  return { command: process.execPath, args: [programFile()] };
}

/** Returns the folder of the package's own programs, or undefined outside a package. */
export function packageFolder(): string | undefined {
  return isSea() ? path.dirname(realpathSync(process.execPath)) : undefined;
}

/** Loads the agent on demand, so that a credential does not wait for it. */
export function loadAgentHost(): Promise<typeof import('./agent-host.ts')> {
  return load({ built: 'agent/agent.cjs', source: 'agent-host.ts' });
}

/** Loads `doctor` on demand: it reads kubeconfigs as the agent does. */
export function loadDoctor(): Promise<typeof import('./doctor/doctor.ts')> {
  return load({ built: 'agent/doctor.cjs', source: 'doctor/doctor.ts' });
}

/** Loads `diagnostics` on demand. */
export function loadDiagnostics(): Promise<typeof import('./diagnostics/diagnostics.ts')> {
  return load({ built: 'agent/diagnostics.cjs', source: 'diagnostics/diagnostics.ts' });
}

/** Loads `publish` on demand. */
export function loadPublish(): Promise<typeof import('./publish/publish.ts')> {
  return load({ built: 'agent/publish.cjs', source: 'publish/publish.ts' });
}

/** Loads `lint-tags` on demand. */
export function loadLintTags(): Promise<typeof import('./commands/lint-tags.ts')> {
  return load({ built: 'agent/lint-tags.cjs', source: 'commands/lint-tags.ts' });
}

/** Loads what runs commands in a sandbox on demand. */
export function loadSandbox(): Promise<typeof import('./sandbox/sandbox.ts')> {
  return load({ built: 'agent/sandbox.cjs', source: 'sandbox/sandbox.ts' });
}

/** Loads the window's server on demand. */
export function loadWindowServer(): Promise<typeof import('../web/serve.ts')> {
  return load({ built: 'agent/serve.cjs', source: '../web/serve.ts' });
}

/** Loads the server of AI clients on demand. */
export function loadMcp(): Promise<typeof import('../mcp/serve.ts')> {
  return load({ built: 'agent/mcp.cjs', source: '../mcp/serve.ts' });
}

/** Returns the built window: its folder, or its files in the executable. */
export function windowFiles(): string | PageFiles {
  return isSea() ? assetFiles('renderer') : beside({ built: 'renderer', source: '../../out/renderer' });
}

/** Returns the script of the thread that plans changes of large kubeconfigs. */
export function planScript(): URL | { readonly source: () => string } {
  const built = 'plan/plan-worker.cjs';
  if (isSea()) return { source: () => getAsset(built, 'utf8') };
  return pathToFileURL(beside({ built, source: '../agent/kubeconfig/plan-worker.ts' }));
}

const relay = { built: 'agent/relay.cjs', source: 'relay.cjs' };

/** What relay.cjs exports. */
interface RelayScript {
  relay(options: {
    readonly folder: string;
    readonly outward: true;
    readonly log: (text: string) => void;
    readonly onListening: () => void;
    readonly onReady: () => void;
  }): () => void;
  serve(options: {
    readonly folder: string;
    readonly host: string | undefined;
    readonly command: readonly string[];
    readonly log: (text: string) => void;
  }): void;
}

/** Loads what passes a container's connections on to the agent. */
export function loadRelay(): Promise<RelayScript> {
  return load(relay);
}

/** Returns the files that run the relay in a sandbox: the single executable, or Node and the script. */
export function relayFiles(): readonly string[] {
  const program = realpathSync(process.execPath);
  return isSea() ? [program] : [program, beside(relay)];
}

/** Resolves with its text, which runs without this program. */
export async function relayText(): Promise<string> {
  return isSea() ? assetText(relay.built) : readFile(beside(relay), 'utf8');
}

interface ProgramPart {
  /** The path in `out/`, or in the executable. */
  readonly built: string;
  readonly source: string;
}

async function load<T>(part: ProgramPart): Promise<T> {
  if (isSea()) return requireAsset(part.built) as T;
  return createRequire(programFile())(beside(part));
}

/** Returns the absolute path of a part, relative to the running program. */
function beside({ built, source }: ProgramPart): string {
  const program = programFile();
  return path.join(path.dirname(program), program.endsWith('.ts') ? source : path.join('..', built));
}

/** Returns the absolute path of the running command line, with links resolved. */
function programFile(): string {
  return realpathSync(process.argv[1] ?? '');
}
