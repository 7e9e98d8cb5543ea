#!/usr/bin/env node
import { pathsFrom } from '../agent/paths.ts';
import { reportError } from './report.ts';

/** Entry point of the command line. Resolves with an exit code of exit-codes.ts. */
async function main(args: readonly string[]): Promise<number> {
  const [command, cluster = '--', ...rest] = args;
  // Without the parser of all commands, which takes longer to load than these take to run.
  const isPlain = rest.length === 0 && (cluster === '-' || !cluster.startsWith('-'));
  if (command === 'credential' && isPlain)
    return (await import('./commands/credential.ts')).runCredential(cluster, { json: false });
  if (command === 'switch' && isPlain) return (await import('./commands/switch.ts')).switchTo(cluster);
  const { runProgram } = await import('./program.ts');
  return runProgram(args);
}

/** Completes a name while the user types: nothing else is loaded, not the modules of stdout either. */
async function complete(args: readonly string[]): Promise<number> {
  return (await import('./completion/names.ts')).printNames(args, pathsFrom(process.env).state);
}

const report = (error: unknown) => reportError(error, { json: process.argv.includes('--json') });

// Node would print all properties, secrets included.
process.on('uncaughtException', (error) => {
  // The agent's own handler logs it.
  if (process.listenerCount('uncaughtException') > 1) return;
  process.exit(report(error));
});
const [first, ...rest] = process.argv.slice(2);
const isCompletion = first === '__names';
// Ignore a closed reader (`| head`).
if (!isCompletion) for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

(isCompletion ? complete(rest) : main(process.argv.slice(2))).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = report(error);
  },
);
